package belljar.container;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import belljar.linux.CapabilitySet;
import belljar.sandbox.Capabilities;
import belljar.sandbox.ContainerSpec;
import belljar.sandbox.IdMaps;
import belljar.sandbox.MountSpec;
import belljar.sandbox.Namespaces;
import belljar.sandbox.ProcessSpec;
import belljar.sandbox.Resources;
import belljar.sandbox.RootSpec;
import belljar.sandbox.SeccompSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/** Small containers for tests: a root made of the host's static busybox, and a specification to vary. */
final class TestSpecs {
    static final Set<String> DEFAULT_CAPABILITIES = Set.of(
            "CAP_CHOWN",
            "CAP_DAC_OVERRIDE",
            "CAP_FOWNER",
            "CAP_FSETID",
            "CAP_KILL",
            "CAP_NET_BIND_SERVICE",
            "CAP_SETFCAP",
            "CAP_SETGID",
            "CAP_SETPCAP",
            "CAP_SETUID",
            "CAP_SYS_CHROOT");

    final Path dir;
    List<String> args = List.of("/bin/true");
    List<String> env = List.of("PATH=/bin:/sbin", "HOME=/");
    String cwd = "/";
    int uid;
    int gid;
    List<Integer> groups = List.of();
    boolean terminal;
    boolean init;
    boolean overlay = true;
    boolean readonly;
    boolean noNewPrivileges = true;
    Set<String> capabilities = DEFAULT_CAPABILITIES;
    List<MountSpec> mounts = new ArrayList<>(List.of(
            new MountSpec("/proc", "proc", "proc", List.of("nosuid", "noexec", "nodev")),
            new MountSpec("/dev", "tmpfs", "tmpfs", List.of("nosuid", "mode=755", "size=65536k")),
            new MountSpec(
                    "/dev/pts",
                    "devpts",
                    "devpts",
                    List.of("nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620")),
            new MountSpec("/dev/shm", "tmpfs", "shm", List.of("nosuid", "noexec", "nodev", "mode=1777", "size=1m")),
            new MountSpec("/dev/mqueue", "mqueue", "mqueue", List.of("nosuid", "noexec", "nodev")),
            new MountSpec("/sys", "sysfs", "sysfs", List.of("nosuid", "noexec", "nodev", "ro"))));
    Namespaces namespaces = new Namespaces(
            Namespaces.PRIVATE,
            Namespaces.PRIVATE,
            Namespaces.PRIVATE,
            Namespaces.PRIVATE,
            Namespaces.HOST,
            Namespaces.PRIVATE,
            Namespaces.HOST);
    IdMaps idMaps = IdMaps.NONE;
    Map<String, String> sysctls = Map.of();
    List<String> masked = List.of("/proc/version", "/proc/acpi", "/sys/firmware", "/not/there");
    List<String> frozen = List.of("/proc/sys", "/proc/sysrq-trigger");
    SeccompSpec seccomp = new SeccompSpec.Default();
    Resources resources = Resources.NONE;
    String propagation = "";

    TestSpecs(Path dir) {
        this.dir = dir;
    }

    /** Makes the root, or skips the test where this machine cannot run containers. */
    static TestSpecs prepare(Path dir) throws IOException {
        assumeTrue(
                Files.isExecutable(Path.of("/bin/busybox")),
                "skipped: /bin/busybox is missing (package busybox-static)");
        assumeTrue("root".equals(System.getProperty("user.name")), "skipped: needs root");
        Path bin = Files.createDirectories(dir.resolve("root/bin"));
        Files.copy(Path.of("/bin/busybox"), bin.resolve("busybox"));
        bin.resolve("busybox").toFile().setExecutable(true, false);
        for (String name : List.of(
                "sh",
                "true",
                "false",
                "cat",
                "echo",
                "id",
                "ls",
                "mount",
                "ps",
                "hostname",
                "touch",
                "mkdir",
                "tty",
                "stat",
                "sleep",
                "kill",
                "grep",
                "wc",
                "env",
                "pwd",
                "mknod",
                "umount",
                "readlink",
                "ulimit",
                "head",
                "ln",
                "rm",
                "dd",
                "stty",
                "ip",
                "df",
                "test",
                "tr",
                "unshare")) {
            Files.createSymbolicLink(bin.resolve(name), Path.of("busybox"));
        }
        for (String name : List.of("proc", "dev", "sys", "etc", "tmp")) {
            Files.createDirectory(dir.resolve("root/" + name));
        }
        Files.createDirectories(dir.resolve("c/upper"));
        Files.createDirectories(dir.resolve("c/work"));
        assumeTrue(Files.exists(dir.resolve("root/bin/sh"), LinkOption.NOFOLLOW_LINKS), "root was made");
        return new TestSpecs(dir);
    }

    TestSpecs shell(String script) {
        args = List.of("/bin/sh", "-c", script);
        return this;
    }

    ContainerSpec build() {
        Set<String> known = new HashSet<>(capabilities);
        known.retainAll(CapabilitySet.bounding().names());
        Set<String> active = uid == 0 ? known : Set.of();
        Capabilities caps = new Capabilities(known, active, active, Set.of(), Set.of());
        RootSpec root = overlay
                ? new RootSpec(
                        List.of(dir.resolve("root").toString()),
                        dir.resolve("c/upper").toString(),
                        dir.resolve("c/work").toString(),
                        readonly,
                        false)
                : new RootSpec(List.of(dir.resolve("root").toString()), "", "", readonly, false);
        ProcessSpec process = new ProcessSpec(
                args,
                env,
                cwd,
                uid,
                gid,
                groups,
                OptionalInt.empty(),
                terminal,
                caps,
                List.of(),
                noNewPrivileges,
                OptionalInt.empty(),
                init);
        return new ContainerSpec(
                "test-" + ProcessHandle.current().pid() + "-" + System.nanoTime(),
                root,
                process,
                namespaces,
                idMaps,
                "jar",
                "",
                mounts,
                List.of(),
                resources,
                seccomp,
                masked,
                frozen,
                sysctls,
                propagation);
    }
}
