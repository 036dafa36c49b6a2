package belljar.microvm;

import belljar.failure.UserException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.tukaani.xz.SingleXZInputStream;

/**
 * One module of a Linux kernel: its file and what it says of itself. That stands in its section {@code .modinfo} as
 * {@code key=value} texts (modinfo(8)); a module without a section of its own name has none of them, and a search
 * through the whole file for a text that begins with one of the keys after a NUL finds nothing else.
 *
 * @param name its name, with {@code _} for {@code -}, as the kernel has it
 * @param content its file, unpacked
 * @param needs the names of modules to be loaded before it
 */
@SuppressWarnings("ArrayRecordComponent") // nobody compares modules
record ModuleFile(String name, byte[] content, List<String> needs) {
    /** What unpacking may take, KiB. */
    private static final int MOST_MEMORY = 64 * 1024;

    private static final byte[] DEPENDS = "\0depends=".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] SOFT = "\0softdep=pre: ".getBytes(StandardCharsets.US_ASCII);

    /**
     * {@return whether a path is that of a module}
     *
     * @param path the path
     */
    static boolean isOne(String path) {
        return path.endsWith(".ko") || path.endsWith(".ko.xz");
    }

    /**
     * {@return the name of the module at a path}
     *
     * @param path the path, one of which {@link #isOne} holds
     */
    static String nameOf(String path) {
        return path.substring(path.lastIndexOf('/') + 1, path.lastIndexOf(".ko"))
                .replace('-', '_');
    }

    /**
     * Reads a module.
     *
     * @param path its path
     * @param file its content
     * @return the module
     * @throws UserException if it is packed and damaged
     */
    static ModuleFile read(String path, byte[] file) {
        byte[] content = path.endsWith(".xz") ? unpack(path, file) : file;
        List<String> needs = new ArrayList<>();
        addNames(needs, value(content, DEPENDS), ',');
        addNames(needs, value(content, SOFT), ' ');
        return new ModuleFile(nameOf(path), content, List.copyOf(needs));
    }

    private static byte[] unpack(String path, byte[] file) {
        try (SingleXZInputStream in = new SingleXZInputStream(new ByteArrayInputStream(file), MOST_MEMORY)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UserException("the kernel module " + path + " is damaged: " + e.getMessage(), e);
        }
    }

    private static String value(byte[] content, byte[] key) {
        int start = indexOf(content, key);
        if (start < 0) {
            return "";
        }
        int from = start + key.length;
        int end = from;
        while (end < content.length && content[end] != 0) {
            end++;
        }
        return new String(content, from, end - from, StandardCharsets.US_ASCII);
    }

    private static int indexOf(byte[] content, byte[] key) {
        for (int i = 0; i + key.length <= content.length; i++) {
            int same = 0;
            while (same < key.length && content[i + same] == key[same]) {
                same++;
            }
            if (same == key.length) {
                return i;
            }
        }
        return -1;
    }

    private static void addNames(List<String> to, String text, char separator) {
        int start = 0;
        while (start < text.length()) {
            int next = text.indexOf(separator, start);
            int end = next < 0 ? text.length() : next;
            if (end > start) {
                to.add(text.substring(start, end).replace('-', '_'));
            }
            start = end + 1;
        }
    }
}
