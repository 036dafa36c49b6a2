package belljar.image;

import java.util.List;

/**
 * The links that packages make through update-alternatives(1) in their scripts, which are not run: a table of the
 * well-known ones, best candidate first as by Debian's priorities, and Java's tools by rule.
 */
final class EtcAlternatives {
    /** Link, then candidates: the first that is in the tree wins. */
    private static final List<List<String>> TABLE = List.of(
            List.of("usr/bin/awk", "usr/bin/gawk", "usr/bin/mawk", "usr/bin/original-awk"),
            List.of("usr/bin/nawk", "usr/bin/gawk", "usr/bin/mawk"),
            List.of("usr/bin/which", "usr/bin/which.gnu", "usr/bin/which.debianutils"),
            List.of("usr/bin/pager", "usr/bin/less", "usr/bin/more"),
            List.of("usr/bin/editor", "bin/nano", "usr/bin/vim.basic", "usr/bin/vim.tiny", "usr/bin/nvi"),
            List.of("usr/bin/vi", "usr/bin/vim.basic", "usr/bin/vim.tiny", "usr/bin/nvi"),
            List.of("usr/bin/vim", "usr/bin/vim.basic", "usr/bin/vim.tiny"),
            List.of("usr/bin/nc", "bin/nc.openbsd", "bin/nc.traditional"),
            List.of("usr/bin/netcat", "bin/nc.openbsd", "bin/nc.traditional"),
            List.of("usr/bin/traceroute", "usr/bin/traceroute.db", "usr/bin/inetutils-traceroute"),
            List.of("usr/bin/telnet", "usr/bin/inetutils-telnet", "usr/bin/telnet.netkit"),
            List.of("usr/bin/w", "usr/bin/w.procps"),
            List.of("usr/bin/cc", "usr/bin/gcc", "usr/bin/clang"),
            List.of("usr/bin/c++", "usr/bin/g++", "usr/bin/clang++"),
            List.of("usr/bin/yacc", "usr/bin/bison.yacc"),
            List.of("usr/bin/fakeroot", "usr/bin/fakeroot-sysv", "usr/bin/fakeroot-tcp"),
            List.of("usr/bin/lzma", "usr/bin/xz"),
            List.of("usr/bin/unlzma", "usr/bin/unxz"),
            List.of("usr/bin/php", "usr/bin/php8.4", "usr/bin/php8.3", "usr/bin/php8.2"),
            List.of("usr/bin/lua", "usr/bin/lua5.4", "usr/bin/lua5.3", "usr/bin/lua5.2", "usr/bin/lua5.1"),
            List.of("usr/bin/mvn", "usr/share/maven/bin/mvn"),
            List.of("usr/sbin/iptables", "usr/sbin/iptables-nft", "usr/sbin/iptables-legacy"),
            List.of("usr/sbin/iptables-save", "usr/sbin/iptables-nft-save", "usr/sbin/iptables-legacy-save"),
            List.of("usr/sbin/iptables-restore", "usr/sbin/iptables-nft-restore", "usr/sbin/iptables-legacy-restore"),
            List.of("usr/sbin/ip6tables", "usr/sbin/ip6tables-nft", "usr/sbin/ip6tables-legacy"),
            List.of(
                    "usr/lib/x86_64-linux-gnu/libblas.so.3",
                    "usr/lib/x86_64-linux-gnu/openblas-pthread/libblas.so.3",
                    "usr/lib/x86_64-linux-gnu/blas/libblas.so.3"),
            List.of(
                    "usr/lib/x86_64-linux-gnu/liblapack.so.3",
                    "usr/lib/x86_64-linux-gnu/openblas-pthread/liblapack.so.3",
                    "usr/lib/x86_64-linux-gnu/lapack/liblapack.so.3"));

    private static final String JVMS = "usr/lib/jvm";

    private EtcAlternatives() {}

    /**
     * Adds the links whose target is in the tree and whose place is free.
     *
     * @param tree the tree with all packages in it
     */
    static void apply(DebTree tree) {
        for (List<String> row : TABLE) {
            for (String candidate : row.subList(1, row.size())) {
                if (!tree.resolve(candidate).isEmpty()) {
                    alternative(tree, row.getFirst(), "/" + candidate);
                    break;
                }
            }
        }
        java(tree);
    }

    /** Every Java runtime's programs are alternatives; the newest runtime's win, as by their packages' priorities. */
    private static void java(DebTree tree) {
        String best = "";
        int newest = -1;
        for (String name : tree.list(JVMS)) {
            // The packages' own directories are named java-17-openjdk-amd64; the rest are links to them.
            boolean directory = tree.at(JVMS + "/" + name) instanceof DebNode.Directory;
            int version = directory && name.startsWith("java-") ? number(name, "java-".length()) : -1;
            if (version > newest) {
                newest = version;
                best = JVMS + "/" + name;
            }
        }
        if (!best.isEmpty()) {
            for (String tool : tree.list(best + "/bin")) {
                alternative(tree, "usr/bin/" + tool, "/" + best + "/bin/" + tool);
            }
        }
    }

    private static int number(String name, int from) {
        int value = 0;
        for (int i = from; i < name.length() && i < from + 4; i++) {
            char c = name.charAt(i);
            if (c < '0' || c > '9') {
                break;
            }
            value = value * 10 + (c - '0');
        }
        return value;
    }

    /** Debian's shape: the link leads through /etc/alternatives, where an image built on this one may change it. */
    private static void alternative(DebTree tree, String link, String target) {
        if (tree.at(link) == null) {
            String name = link.substring(link.lastIndexOf('/') + 1);
            tree.link("etc/alternatives/" + name, target);
            tree.link(link, "/etc/alternatives/" + name);
        }
    }
}
