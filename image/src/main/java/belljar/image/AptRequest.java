package belljar.image;

import belljar.failure.UserException;
import java.util.ArrayList;
import java.util.List;

/**
 * The packages that an {@code apt:PKG[=VERSION][,PKG…]} reference names, in one normal form: sorted, each once. Two
 * references that ask for the same give the same {@link #name()}, under which the store keeps the image. Immutable.
 */
public final class AptRequest {
    /** The transport's prefix in a reference. */
    public static final String PREFIX = "apt:";

    private final List<String> packages;

    private AptRequest(List<String> packages) {
        this.packages = packages;
    }

    /**
     * Reads a reference.
     *
     * @param reference {@code apt:} followed by package names separated by commas, each with {@code =VERSION} or
     *     without
     * @return the request
     * @throws UserException if a name or version is malformed (Debian policy 5.6.1 and 5.6.12) or a package is asked
     *     for in two versions
     */
    public static AptRequest parse(String reference) {
        if (!reference.startsWith(PREFIX)) {
            throw new UserException("'" + reference + "' is not of the form apt:PACKAGE[,PACKAGE…]");
        }
        List<String> packages = new ArrayList<>();
        int start = PREFIX.length();
        while (start <= reference.length()) {
            int comma = reference.indexOf(',', start);
            int end = comma < 0 ? reference.length() : comma;
            insert(packages, checked(reference.substring(start, end), reference), reference);
            start = end + 1;
        }
        return new AptRequest(List.copyOf(packages));
    }

    /** {@return the packages, sorted, each {@code NAME} or {@code NAME=VERSION}; unmodifiable and never empty} */
    List<String> packages() {
        return packages;
    }

    /** {@return the normal form of the reference, with its prefix} */
    public String name() {
        StringBuilder name = new StringBuilder(PREFIX);
        for (int i = 0; i < packages.size(); i++) {
            if (i > 0) {
                name.append(',');
            }
            name.append(packages.get(i));
        }
        return name.toString();
    }

    /** {@return the packages' names without versions, in the same order} */
    List<String> packageNames() {
        List<String> names = new ArrayList<>();
        for (String each : packages) {
            names.add(nameOf(each));
        }
        return names;
    }

    private static String nameOf(String each) {
        int equals = each.indexOf('=');
        return equals < 0 ? each : each.substring(0, equals);
    }

    /** Keeps the list sorted by insertion: requests are short, and this runs at every start. */
    private static void insert(List<String> packages, String added, String reference) {
        int at = 0;
        while (at < packages.size()) {
            int order = nameOf(packages.get(at)).compareTo(nameOf(added));
            if (order == 0) {
                if (!packages.get(at).equals(added)) {
                    throw new UserException("'" + reference + "' asks for package '" + nameOf(added)
                            + "' twice and not in the same version; name it once");
                }
                return;
            }
            if (order > 0) {
                break;
            }
            at++;
        }
        packages.add(at, added);
    }

    private static String checked(String each, String reference) {
        String name = nameOf(each);
        if (name.length() < 2) {
            throw new UserException("'" + reference + "' names a package '" + each
                    + "', but a package name has two characters or more; write apt:PACKAGE[,PACKAGE…]");
        }
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            boolean alphanumeric = c >= 'a' && c <= 'z' || c >= '0' && c <= '9';
            if (c == ':') {
                throw new UserException("'" + each + "' names an architecture, but apt: images are of amd64 only; "
                        + "write '" + name.substring(0, i) + "'");
            }
            if (!alphanumeric && (i == 0 || c != '+' && c != '-' && c != '.')) {
                throw new UserException("'" + each + "' is not a package name: they are of lower-case letters, digits, "
                        + "'+', '-' and '.', and start with a letter or digit");
            }
        }
        // apt-get takes a trailing '+' or '-' as "install" or "remove"; a name never ends so but g++ and its kin.
        if (name.endsWith("-") || name.endsWith(".")) {
            throw new UserException("'" + each + "' is not a package name: none ends with '-' or '.'");
        }
        if (name.length() < each.length()) {
            checkVersion(each.substring(name.length() + 1), each);
        }
        return each;
    }

    private static void checkVersion(String version, String each) {
        boolean good = !version.isEmpty() && version.charAt(0) >= '0' && version.charAt(0) <= '9';
        for (int i = 0; i < version.length() && good; i++) {
            char c = version.charAt(i);
            good = c >= '0' && c <= '9'
                    || c >= 'a' && c <= 'z'
                    || c >= 'A' && c <= 'Z'
                    || c == '.'
                    || c == '+'
                    || c == '-'
                    || c == '~'
                    || c == ':';
        }
        if (!good) {
            throw new UserException("'" + each + "' has a malformed version; write PACKAGE=VERSION with the version as "
                    + "'apt-cache policy' prints it");
        }
    }
}
