package belljar.engine;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import belljar.image.Progress;
import belljar.linux.Fd;
import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;
import belljar.sandbox.Resources;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** A run of a root file system that tests make as hostile as they like. */
final class HostileRun {
    private static final HostKernel KERNEL = HostKernel.INSTANCE;

    final Path dir;
    final Path rootfs;
    String user = "";
    String cidFile = "";
    boolean interactive;
    List<String> capAdd = List.of();
    NamespaceMode pid = NamespaceMode.DEFAULT;
    OptionalLong pids = OptionalLong.empty();

    private HostileRun(Path dir) {
        this.dir = dir;
        this.rootfs = dir.resolve("rootfs");
    }

    /** Makes the root, or skips the test where this machine cannot run containers. */
    static HostileRun prepare(Path dir) throws IOException {
        assumeTrue("root".equals(System.getProperty("user.name")), "skipped: needs root");
        assumeTrue(
                Files.isExecutable(Path.of("/bin/busybox")),
                "skipped: /bin/busybox is missing (package busybox-static)");
        HostileRun run = new HostileRun(dir);
        Files.createDirectories(run.rootfs.resolve("bin"));
        Files.createDirectories(run.rootfs.resolve("etc"));
        Files.copy(Path.of("/bin/busybox"), run.rootfs.resolve("bin/busybox"));
        run.rootfs.resolve("bin/busybox").toFile().setExecutable(true, false);
        for (String name :
                List.of("sh", "cat", "sleep", "true", "yes", "id", "grep", "kill", "mknod", "wc", "env", "head")) {
            Files.createSymbolicLink(run.rootfs.resolve("bin/" + name), Path.of("busybox"));
        }
        return run;
    }

    /** Makes a device or fifo in the root, as mknod(1) does. */
    void node(String path, int mode, int major, int minor) {
        try (Memory memory = KERNEL.lend()) {
            long name = memory.string(rootfs.resolve(path).toString());
            KERNEL.call(Nr.MKNODAT, -100, name, mode, (long) major << 8 | minor);
            KERNEL.call(Nr.FCHMODAT, -100, name, mode & 0777);
        }
    }

    /** Runs a shell script with an input; gives {@code CODE:OUTPUT}. */
    String shell(String script, String input) throws IOException {
        Path in = Files.writeString(dir.resolve("in"), input);
        Path out = Files.writeString(dir.resolve("out"), "");
        int code;
        try (Fd inFd = fd(in, 0x80000);
                Fd outFd = fd(out, 0x80401)) {
            RunIo io = new RunIo(inFd.number(), outFd.number(), outFd.number(), Progress.NONE, RunIo.Observer.NONE);
            code = Engine.open(dir.resolve("root"), dir.resolve("state")).run(request(script), io);
        }
        return code + ":" + Files.readString(out, StandardCharsets.UTF_8);
    }

    private static Fd fd(Path path, int flags) {
        try (Memory memory = KERNEL.lend()) {
            return new Fd((int) KERNEL.call(Nr.OPENAT, -100, memory.string(path.toString()), flags));
        }
    }

    private RunRequest request(String script) {
        ProcessRequest d = ProcessRequest.DEFAULT;
        RunRequest r = RunRequest.of("dir:" + rootfs);
        SecurityRequest s = r.security();
        NamespaceRequest n = r.namespaces();
        ProcessRequest process = new ProcessRequest(
                List.of("/bin/sh", "-c", script),
                d.entrypoint(),
                d.env(),
                d.unsetEnv(),
                d.unsetAllEnv(),
                user,
                d.groups(),
                d.workdir(),
                false,
                interactive,
                d.init(),
                d.stopSignal(),
                d.umask(),
                d.oomScoreAdj(),
                d.rlimits());
        Resources resources = new Resources(
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                "",
                "",
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                pids,
                OptionalInt.empty(),
                List.of());
        return new RunRequest(
                r.image(),
                r.pull(),
                r.platform(),
                "",
                r.isolation(),
                true,
                cidFile,
                r.quiet(),
                r.registry(),
                process,
                r.storage(),
                new SecurityRequest(
                        false, capAdd, s.capDrop(), Optional.empty(), Optional.empty(), s.mask(), s.unmask(), Map.of()),
                new NamespaceRequest(pid, n.ipc(), n.uts(), n.cgroup(), n.user(), n.ids()),
                r.network(),
                resources,
                Map.of(),
                Map.of());
    }
}
