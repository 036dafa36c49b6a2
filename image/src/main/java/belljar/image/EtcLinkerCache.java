package belljar.image;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Makes {@code /etc/ld.so.cache} as ldconfig(8) would, for directories that only {@code /etc/ld.so.conf} names:
 * ld.so(8) reads nothing of that file itself. Libraries in Debian's default directories are found without a cache and
 * are left to that, so most images need none. Names are those of files and links, which by Debian policy 8.1 include
 * every library's soname.
 */
final class EtcLinkerCache {
    private static final Set<String> DEFAULT = Set.of("usr/lib", "usr/lib/x86_64-linux-gnu", "usr/lib64");
    private static final int MAXIMUM_INCLUDES = 8;

    // glibc's sysdeps/generic/dl-cache.h: struct cache_file_new and struct file_entry_new.
    private static final String MAGIC = "glibc-ld.so.cache1.1";
    private static final int HEADER = 48;
    private static final int ENTRY = 24;
    private static final byte LITTLE_ENDIAN = 2;
    /** FLAG_ELF_LIBC6 and FLAG_X8664_LIB64. */
    private static final int ELF_X86_64 = 0x0303;

    private EtcLinkerCache() {}

    /**
     * Adds the cache if a library needs it.
     *
     * @param tree the tree with all packages and {@code /etc/ld.so.conf} in it
     * @throws IOException if a file of the tree cannot be read
     */
    static void apply(DebTree tree) throws IOException {
        Set<String> directories = new LinkedHashSet<>();
        configured(tree, "etc/ld.so.conf", directories, 0);
        SortedMap<String, String> libraries = new TreeMap<>(EtcLinkerCache::descending);
        for (String directory : directories) {
            String place = tree.resolve(directory);
            if (DEFAULT.contains(place)) {
                continue;
            }
            for (String name : tree.list(directory)) {
                boolean library = (name.startsWith("lib") || name.startsWith("ld-")) && name.contains(".so");
                String file = tree.resolve(directory + "/" + name);
                if (library && tree.nodes().get(file) instanceof DebNode.Regular) {
                    libraries.putIfAbsent(name, "/" + place + "/" + name);
                }
            }
        }
        if (!libraries.isEmpty()) {
            tree.own(
                    "etc/ld.so.cache", new DebNode.Regular(DebNode.Meta.root(0644), DebContent.of(encoded(libraries))));
        }
    }

    private static void configured(DebTree tree, String file, Set<String> directories, int depth) throws IOException {
        if (depth > MAXIMUM_INCLUDES) {
            return;
        }
        for (String line : EtcFiles.text(tree, file).lines().toList()) {
            int comment = line.indexOf('#');
            String text = (comment < 0 ? line : line.substring(0, comment)).strip();
            if (text.startsWith("include ") || text.startsWith("include\t")) {
                for (String pattern : text.substring(8).strip().split("[ \t]+", -1)) {
                    included(tree, pattern, directories, depth);
                }
            } else if (!text.startsWith("hwcap")) {
                for (String each : text.split("[ \t,:]+", -1)) {
                    if (each.startsWith("/")) {
                        int type = each.indexOf('=');
                        directories.add(type < 0 ? each : each.substring(0, type));
                    }
                }
            }
        }
    }

    /** Only the form that is in use: a directory and one asterisk in the file's name. */
    private static void included(DebTree tree, String pattern, Set<String> directories, int depth) throws IOException {
        String path = pattern.startsWith("/") ? pattern : "/etc/" + pattern;
        int slash = path.lastIndexOf('/');
        String name = path.substring(slash + 1);
        int asterisk = name.indexOf('*');
        if (asterisk < 0) {
            configured(tree, path, directories, depth + 1);
            return;
        }
        String before = name.substring(0, asterisk);
        String after = name.substring(asterisk + 1);
        for (String each : tree.list(path.substring(0, slash))) {
            if (each.startsWith(before) && each.endsWith(after) && each.length() >= before.length() + after.length()) {
                configured(tree, path.substring(0, slash + 1) + each, directories, depth + 1);
            }
        }
    }

    private static byte[] encoded(SortedMap<String, String> libraries) {
        ByteArrayOutputStream strings = new ByteArrayOutputStream();
        int start = HEADER + libraries.size() * ENTRY;
        ByteBuffer table = ByteBuffer.allocate(start).order(ByteOrder.LITTLE_ENDIAN);
        table.position(HEADER);
        for (Map.Entry<String, String> library : libraries.entrySet()) {
            table.putInt(ELF_X86_64)
                    .putInt(start + string(strings, library.getKey()))
                    .putInt(start + string(strings, library.getValue()))
                    .putInt(0)
                    .putLong(0);
        }
        table.position(0);
        table.put(MAGIC.getBytes(StandardCharsets.US_ASCII))
                .putInt(libraries.size())
                .putInt(strings.size())
                .put(LITTLE_ENDIAN);
        ByteArrayOutputStream cache = new ByteArrayOutputStream();
        cache.writeBytes(table.array());
        cache.writeBytes(strings.toByteArray());
        return cache.toByteArray();
    }

    private static int string(ByteArrayOutputStream strings, String text) {
        int offset = strings.size();
        strings.writeBytes(text.getBytes(StandardCharsets.UTF_8));
        strings.write(0);
        return offset;
    }

    /** The order in which ld.so searches by halves, from high to low: digits count as numbers, and beat all else. */
    static int descending(String a, String b) {
        int i = 0;
        int j = 0;
        while (i < a.length() && j < b.length()) {
            boolean numberA = isDigit(a.charAt(i));
            boolean numberB = isDigit(b.charAt(j));
            if (numberA != numberB) {
                return numberA ? -1 : 1;
            }
            if (numberA) {
                long valueA = 0;
                long valueB = 0;
                while (i < a.length() && isDigit(a.charAt(i))) {
                    valueA = valueA * 10 + a.charAt(i++) - '0';
                }
                while (j < b.length() && isDigit(b.charAt(j))) {
                    valueB = valueB * 10 + b.charAt(j++) - '0';
                }
                if (valueA != valueB) {
                    return Long.compare(valueB, valueA);
                }
            } else if (a.charAt(i) != b.charAt(j)) {
                return b.charAt(j) - a.charAt(i);
            } else {
                i++;
                j++;
            }
        }
        int rest = Integer.compare(b.length() - j, a.length() - i);
        // Equal for ld.so though not the same text, as libx.so.01 and libx.so.1 are: any fixed order will do.
        return rest != 0 ? rest : b.compareTo(a);
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }
}
