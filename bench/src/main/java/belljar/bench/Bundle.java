package belljar.bench;

import belljar.json.JsonException;
import belljar.json.JsonObject;
import belljar.json.JsonWriter;
import belljar.linux.CapabilitySet;
import belljar.sandbox.Capabilities;
import belljar.sandbox.ContainerSpec;
import belljar.sandbox.IdMaps;
import belljar.sandbox.MountSpec;
import belljar.sandbox.Namespaces;
import belljar.sandbox.ProcessSpec;
import belljar.sandbox.Resources;
import belljar.sandbox.Resources.DeviceRule;
import belljar.sandbox.RlimitSpec;
import belljar.sandbox.RootSpec;
import belljar.sandbox.SeccompSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/**
 * A container that all runtimes can run: a root with busybox in it, and what {@code runc spec} would ask for, with
 * Docker's capabilities, default seccomp profile and device rules and three limits on top.
 *
 * @param path the directory of the bundle
 */
record Bundle(Path path) {
    /** Where Podman's package keeps Docker's default profile. */
    static final Path PROFILE = Path.of("/usr/share/containers/seccomp.json");

    private static final Path BUSYBOX = Path.of("/bin/busybox");

    private static final Set<String> CAPABILITIES = Set.of(
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

    private static final List<MountSpec> MOUNTS = List.of(
            new MountSpec("/proc", "proc", "proc", List.of("nosuid", "noexec", "nodev")),
            new MountSpec("/dev", "tmpfs", "tmpfs", List.of("nosuid", "strictatime", "mode=755", "size=65536k")),
            new MountSpec(
                    "/dev/pts",
                    "devpts",
                    "devpts",
                    List.of("nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5")),
            new MountSpec("/dev/shm", "tmpfs", "shm", List.of("nosuid", "noexec", "nodev", "mode=1777", "size=65536k")),
            new MountSpec("/dev/mqueue", "mqueue", "mqueue", List.of("nosuid", "noexec", "nodev")),
            new MountSpec("/sys", "sysfs", "sysfs", List.of("nosuid", "noexec", "nodev", "ro")),
            new MountSpec(
                    "/sys/fs/cgroup", "cgroup", "cgroup", List.of("nosuid", "noexec", "nodev", "relatime", "ro")));

    private static final List<String> MASKED = List.of(
            "/proc/acpi",
            "/proc/asound",
            "/proc/kcore",
            "/proc/keys",
            "/proc/latency_stats",
            "/proc/timer_list",
            "/proc/timer_stats",
            "/proc/sched_debug",
            "/sys/firmware",
            "/proc/scsi");

    private static final List<String> READONLY =
            List.of("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger");

    /** Docker's rules; runc and crun add those for the standard devices themselves, so these come twice there. */
    private static final List<DeviceRule> DEVICES = List.of(
            new DeviceRule(false, 'a', -1, -1, "rwm"),
            new DeviceRule(true, 'c', -1, -1, "m"),
            new DeviceRule(true, 'b', -1, -1, "m"),
            new DeviceRule(true, 'c', 1, 3, "rwm"),
            new DeviceRule(true, 'c', 1, 5, "rwm"),
            new DeviceRule(true, 'c', 1, 7, "rwm"),
            new DeviceRule(true, 'c', 1, 8, "rwm"),
            new DeviceRule(true, 'c', 1, 9, "rwm"),
            new DeviceRule(true, 'c', 5, 0, "rwm"),
            new DeviceRule(true, 'c', 5, 2, "rwm"),
            new DeviceRule(true, 'c', 136, -1, "rwm"));

    private static final Resources RESOURCES = new Resources(
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.of(512),
            "",
            "",
            OptionalLong.of(256 << 20),
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.of(512),
            OptionalInt.empty(),
            DEVICES);

    /**
     * Makes a bundle with its {@code config.json}.
     *
     * @param path an empty directory
     * @return the bundle
     * @throws Benchmark.Skipped if the host lacks what goes into it
     */
    static Bundle make(Path path) {
        if (!Files.isReadable(PROFILE)) {
            throw new Benchmark.Skipped(PROFILE + " is missing, and peers are to have the same seccomp profile (package"
                    + " golang-github-containers-common)");
        }
        Bundle bundle = new Bundle(path);
        try {
            root(bundle.root());
            JsonObject seccomp = OciSeccomp.of(Files.readString(PROFILE), bundle.capabilities());
            Files.writeString(
                    path.resolve("config.json"), JsonWriter.writeIndented(OciConfig.of(bundle.spec("peer"), seccomp)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (JsonException e) {
            throw new Benchmark.Skipped(PROFILE + " cannot be read: " + e.getMessage());
        }
        return bundle;
    }

    /**
     * Makes a root file system with busybox's {@code sh} and {@code true} in it.
     *
     * @param root where
     * @throws Benchmark.Skipped if there is no busybox
     */
    static void root(Path root) throws IOException {
        if (!Files.isExecutable(BUSYBOX)) {
            throw new Benchmark.Skipped(BUSYBOX + " is missing (package busybox-static)");
        }
        Path bin = Files.createDirectories(root.resolve("bin"));
        Files.copy(BUSYBOX, bin.resolve("busybox"));
        bin.resolve("busybox").toFile().setExecutable(true, false);
        Files.createSymbolicLink(bin.resolve("sh"), Path.of("busybox"));
        Files.createSymbolicLink(bin.resolve("true"), Path.of("busybox"));
        for (String name : List.of("proc", "dev", "sys", "etc", "tmp")) {
            Files.createDirectory(root.resolve(name));
        }
    }

    /** {@return the root file system} */
    Path root() {
        return path.resolve("rootfs");
    }

    private Set<String> capabilities() {
        Set<String> known = new HashSet<>(CAPABILITIES);
        known.retainAll(CapabilitySet.bounding().names());
        return known;
    }

    /**
     * {@return what Belljar is asked for}
     *
     * @param id the container's id
     */
    ContainerSpec spec(String id) {
        Set<String> all = capabilities();
        ProcessSpec process = new ProcessSpec(
                List.of("/bin/true"),
                List.of("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"),
                "/",
                0,
                0,
                List.of(),
                OptionalInt.empty(),
                false,
                new Capabilities(all, all, all, Set.of(), Set.of()),
                List.of(new RlimitSpec("RLIMIT_NOFILE", 1024, 1024)),
                true,
                OptionalInt.empty(),
                false);
        // As runc spec has it: a cgroup namespace where the host has version 2 alone.
        Namespaces.Origin cgroup =
                Files.exists(Path.of("/sys/fs/cgroup/cgroup.controllers")) ? Namespaces.PRIVATE : Namespaces.HOST;
        return new ContainerSpec(
                id,
                new RootSpec(List.of(root().toString()), "", "", true, false),
                process,
                new Namespaces(
                        Namespaces.PRIVATE,
                        Namespaces.PRIVATE,
                        Namespaces.PRIVATE,
                        Namespaces.PRIVATE,
                        Namespaces.HOST,
                        cgroup,
                        Namespaces.HOST),
                IdMaps.NONE,
                "bench",
                "",
                MOUNTS,
                List.of(),
                RESOURCES,
                new SeccompSpec.Default(),
                MASKED,
                READONLY,
                Map.of(),
                "");
    }
}
