package belljar.image;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Completes a tree of unpacked packages to a working system: what the scripts of base-files, base-passwd, libc6 and a
 * few services would have made, as data. Nothing that a package ships is overwritten, and no code of a package runs.
 */
final class EtcFiles {
    private static final List<String> SHELLS = List.of("usr/bin/dash", "usr/bin/bash", "usr/bin/busybox");

    /**
     * A user whom a package's script makes, and what the script gives to the user.
     *
     * @param mark a path that is in the tree if the package is
     * @param user the user's name, also its group's
     * @param home its home directory
     * @param shell its login shell
     * @param owned directories with their permissions in octal: {@code 0750 /var/lib/x}
     */
    private record Service(String mark, String user, String home, String shell, List<String> owned) {}

    /** Packages of Debian 12 and 13 that make their user in a script and ship no sysusers.d file. */
    private static final List<Service> SERVICES = List.of(
            new Service(
                    "usr/bin/redis-cli",
                    "redis",
                    "/var/lib/redis",
                    EtcUsers.NO_LOGIN,
                    List.of("0750 /var/lib/redis", "02750 /var/log/redis")),
            new Service(
                    "usr/share/postgresql-common",
                    "postgres",
                    "/var/lib/postgresql",
                    "/bin/bash",
                    List.of("0755 /var/lib/postgresql", "0755 /var/log/postgresql", "02775 /run/postgresql")),
            new Service(
                    "usr/sbin/mariadbd",
                    "mysql",
                    "/nonexistent",
                    "/bin/false",
                    List.of("0755 /var/lib/mysql", "0755 /run/mysqld")),
            new Service("usr/bin/memcached", "memcache", "/nonexistent", "/bin/false", List.of()),
            new Service(
                    "usr/lib/rabbitmq",
                    "rabbitmq",
                    "/var/lib/rabbitmq",
                    EtcUsers.NO_LOGIN,
                    List.of("0755 /var/lib/rabbitmq", "0755 /var/log/rabbitmq")),
            new Service("usr/sbin/sshd", "sshd", "/run/sshd", EtcUsers.NO_LOGIN, List.of()),
            new Service(
                    "usr/sbin/named", "bind", "/var/cache/bind", EtcUsers.NO_LOGIN, List.of("0775 /var/cache/bind")));

    private EtcFiles() {}

    /**
     * Completes the tree.
     *
     * @param tree the tree with all packages in it
     * @param osRelease the content of os-release(5) to use where no package ships it
     * @throws IOException if a file of the tree cannot be read
     */
    static void complete(DebTree tree, String osRelease) throws IOException {
        fromBaseFiles(tree);
        EtcAlternatives.apply(tree);
        shell(tree);
        users(tree);
        EtcCertificates.apply(tree);
        tree.file("usr/lib/os-release", osRelease);
        tree.link("etc/os-release", "../usr/lib/os-release");
        tree.file("etc/nsswitch.conf", """
                passwd: files
                group: files
                shadow: files
                hosts: files dns
                networks: files
                protocols: files
                services: files
                ethers: files
                rpc: files
                """);
        // Placeholders: a container gets its own over them, and a bind mount needs a file to go on.
        tree.file("etc/hosts", "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n");
        tree.file("etc/hostname", "localhost\n");
        tree.file("etc/resolv.conf", "");
        tree.link("etc/mtab", "../proc/self/mounts");
        tree.file("etc/ld.so.conf", "include /etc/ld.so.conf.d/*.conf\n");
        EtcLinkerCache.apply(tree);
        if (!tree.resolve("usr/share/zoneinfo/Etc/UTC").isEmpty()) {
            tree.link("etc/localtime", "/usr/share/zoneinfo/Etc/UTC");
            tree.file("etc/timezone", "Etc/UTC\n");
        }
    }

    private static void fromBaseFiles(DebTree tree) {
        String[][] copies = {
            {"usr/share/base-files/profile", "etc/profile"},
            {"usr/share/base-files/dot.profile", "root/.profile"},
            {"usr/share/base-files/dot.bashrc", "root/.bashrc"}
        };
        for (String[] copy : copies) {
            DebNode node = tree.at(copy[0]);
            if (node instanceof DebNode.Regular file) {
                // A node of its own: the same one twice would be a hard link.
                tree.own(copy[1], new DebNode.Regular(DebNode.Meta.root(0644), file.content()));
            }
        }
    }

    /** Programs run their helpers by system(3), which needs a /bin/sh: where no package ships it, any shell will do. */
    private static void shell(DebTree tree) {
        StringBuilder shells = new StringBuilder();
        for (String shell : SHELLS) {
            if (!tree.resolve(shell).isEmpty()) {
                String name = shell.substring(shell.lastIndexOf('/') + 1);
                tree.link("usr/bin/sh", name);
                if (!name.equals("busybox")) {
                    shells.append("/bin/")
                            .append(name)
                            .append("\n/usr/bin/")
                            .append(name)
                            .append('\n');
                }
            }
        }
        if (!tree.resolve("usr/bin/sh").isEmpty()) {
            tree.file("etc/shells", "/bin/sh\n/usr/bin/sh\n" + shells);
        }
    }

    private static void users(DebTree tree) throws IOException {
        String rootShell = tree.resolve("usr/bin/bash").isEmpty() ? "/bin/sh" : "/bin/bash";
        EtcUsers users = new EtcUsers(rootShell);
        for (String name : tree.list("usr/lib/sysusers.d")) {
            if (name.endsWith(".conf")) {
                EtcSysusers.read(text(tree, "usr/lib/sysusers.d/" + name), users);
            }
        }
        for (Service service : SERVICES) {
            if (!tree.resolve(service.mark()).isEmpty()) {
                users.user(service.user(), EtcUsers.ANY, "", "", service.home(), service.shell());
            }
        }
        EtcUsers.Files files = users.files();
        tree.file("etc/passwd", files.passwd());
        tree.file("etc/group", files.group());
        for (Service service : SERVICES) {
            if (!tree.resolve(service.mark()).isEmpty()) {
                give(tree, service, files);
            }
        }
    }

    private static void give(DebTree tree, Service service, EtcUsers.Files files) {
        Integer uid = files.uid(service.user());
        Integer gid = files.gid(service.user());
        if (uid == null || gid == null) {
            return;
        }
        for (String each : service.owned()) {
            int blank = each.indexOf(' ');
            int mode = Integer.parseInt(each.substring(0, blank), 8);
            String path = each.substring(blank + 2);
            tree.directory(path, mode);
            tree.replace(path, new DebNode.Directory(new DebNode.Meta(mode, uid, gid, DebNode.NEWEST)));
        }
    }

    /**
     * {@return a file of the tree as text; empty where it is no regular file}
     *
     * @param tree the tree
     * @param path the file
     * @throws IOException if it cannot be read or is larger than any configuration file
     */
    static String text(DebTree tree, String path) throws IOException {
        String place = tree.resolve(path);
        if (tree.nodes().get(place) instanceof DebNode.Regular regular) {
            if (regular.content().size() > 1 << 22) {
                throw new IOException("'/" + place + "' is larger than 4 MiB, which no configuration file is");
            }
            try (InputStream in = regular.content().open()) {
                return new String(in.readAllBytes(), StandardCharsets.UTF_8);
            }
        }
        return "";
    }
}
