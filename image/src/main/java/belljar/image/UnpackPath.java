package belljar.image;

import belljar.failure.UserException;
import belljar.linux.FileName;

/** Names of an archive as paths below its root. */
final class UnpackPath {
    /** The kernel's NAME_MAX, bytes. */
    private static final int NAME_MAX = 255;

    private UnpackPath() {}

    /**
     * {@return a name as a relative path without empty, {@code .} and {@code ..} components; empty for the root itself}
     * A leading slash means the root, as every unpacker of images reads it.
     *
     * @throws UserException if the name leads out of the root or is too long
     */
    static String clean(String name, UnpackLimits limits) {
        return resolve("", name, limits, true);
    }

    /**
     * {@return where a symbolic link leads}
     *
     * @param directory the link's directory
     * @param target what it says; {@code ..} ends at the root, as for a process whose root it is
     */
    static String follow(String directory, String target, UnpackLimits limits) {
        return resolve(target.startsWith("/") ? "" : directory, target, limits, false);
    }

    private static String resolve(String base, String name, UnpackLimits limits, boolean strict) {
        StringBuilder path = new StringBuilder(base);
        int depth = 0;
        int start = 0;
        int length = name.length();
        for (int i = 0; i <= length; i++) {
            if (i < length && name.charAt(i) != '/') {
                continue;
            }
            int n = i - start;
            if (n == 2 && name.charAt(start) == '.' && name.charAt(start + 1) == '.') {
                if (path.isEmpty() && strict) {
                    throw new UserException("the layer is hostile: its entry " + FileName.show(name)
                            + " leads out of the image's root");
                }
                path.setLength(Math.max(0, path.lastIndexOf("/")));
                depth--;
            } else if (n > 0 && !(n == 1 && name.charAt(start) == '.')) {
                if (n > NAME_MAX / 3 && FileName.encode(name.substring(start, i)).length > NAME_MAX) {
                    throw tooLong(name, "a component of more than " + NAME_MAX + " bytes");
                }
                if (!path.isEmpty()) {
                    path.append('/');
                }
                path.append(name, start, i);
                if (++depth > limits.depth()) {
                    throw tooLong(name, "more than " + limits.depth() + " components");
                }
            }
            start = i + 1;
        }
        String result = path.toString();
        if (result.length() > limits.pathBytes() / 3 && FileName.encode(result).length > limits.pathBytes()) {
            throw tooLong(name, "more than " + limits.pathBytes() + " bytes");
        }
        return result;
    }

    private static UserException tooLong(String name, String why) {
        return new UserException("the layer's path " + FileName.show(name) + " has " + why + ", which is not allowed");
    }

    static String parent(String path) {
        int slash = path.lastIndexOf('/');
        return slash < 0 ? "" : path.substring(0, slash);
    }

    static String name(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }
}
