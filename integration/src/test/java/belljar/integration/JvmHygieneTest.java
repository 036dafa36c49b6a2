package belljar.integration;

import static org.assertj.core.api.Assertions.assertThat;

import belljar.engine.Engine;
import belljar.engine.RunIo;
import belljar.engine.RunRequest;
import belljar.image.Progress;
import belljar.linux.Fd;
import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** No thread of the JVM ever changes root, namespace, user or session, and nothing stays open. */
@ExtendWith(LeakCheck.class)
final class JvmHygieneTest {
    private static final List<String> FIELDS = List.of(
            "Uid",
            "Gid",
            "Groups",
            "NSpid",
            "NSsid",
            "NSpgid",
            "CapInh",
            "CapPrm",
            "CapEff",
            "CapBnd",
            "CapAmb",
            "NoNewPrivs",
            "Seccomp",
            "Seccomp_filters",
            "Umask");

    @BeforeEach
    void needsRoot() {
        Machine.needsRoot();
    }

    @Test
    void leavesEveryThreadAsItWas() throws Exception {
        Belljar belljar = Shared.belljar();
        Engine engine = Engine.open(belljar.root(), belljar.state());
        run(engine); // what the first run loads and opens for good is there from now on
        Set<String> before = threads();
        int descriptors = descriptors();
        assertThat(before).as("all threads are alike from the start").hasSize(1);
        for (int i = 0; i < 3; i++) {
            run(engine);
            assertThat(threads()).isEqualTo(before);
        }
        Thread[] several = new Thread[4];
        for (int i = 0; i < several.length; i++) {
            several[i] = Thread.ofPlatform().start(() -> run(engine));
        }
        while (several[0].isAlive() || several[1].isAlive() || several[2].isAlive() || several[3].isAlive()) {
            assertThat(threads()).isEqualTo(before);
        }
        for (Thread thread : several) {
            thread.join();
        }
        assertThat(threads()).isEqualTo(before);
        // The last of them left the removal of the bridge to a process of its own, which a thread waits for.
        Await.until("the descriptors are as before, not " + targets(), () -> descriptors() <= descriptors);
    }

    /** {@return what the descriptors of this process are} */
    private static String targets() throws IOException {
        StringBuilder text = new StringBuilder();
        for (File fd : new File("/proc/self/fd").listFiles()) {
            if (Files.isSymbolicLink(fd.toPath())) {
                text.append(Files.readSymbolicLink(fd.toPath())).append('\n');
            }
        }
        return text.toString();
    }

    private static void run(Engine engine) {
        try (Memory memory = HostKernel.INSTANCE.lend();
                Fd none =
                        new Fd((int) HostKernel.INSTANCE.call(Nr.OPENAT, -100, memory.string("/dev/null"), 0x80002))) {
            RunIo io = new RunIo(none.number(), none.number(), none.number(), Progress.NONE, RunIo.Observer.NONE);
            assertThat(engine.run(request(), io)).isEqualTo(3);
        }
    }

    private static RunRequest request() {
        RunRequest plain = RunRequest.of(Shared.BUSYBOX);
        belljar.engine.ProcessRequest process = belljar.engine.ProcessRequest.DEFAULT;
        return new RunRequest(
                plain.image(),
                plain.pull(),
                plain.platform(),
                plain.name(),
                plain.isolation(),
                true,
                plain.cidFile(),
                plain.quiet(),
                plain.registry(),
                new belljar.engine.ProcessRequest(
                        List.of("busybox", "sh", "-c", "busybox sleep 0.1; exit 3"),
                        process.entrypoint(),
                        process.env(),
                        process.unsetEnv(),
                        process.unsetAllEnv(),
                        "1000:1000",
                        process.groups(),
                        "/tmp",
                        process.tty(),
                        process.interactive(),
                        true,
                        process.stopSignal(),
                        process.umask(),
                        process.oomScoreAdj(),
                        process.rlimits()),
                plain.storage(),
                plain.security(),
                plain.namespaces(),
                plain.network(),
                plain.resources(),
                plain.labels(),
                plain.annotations());
    }

    /** {@return what the threads of this process are to the kernel, each kind once} */
    private static Set<String> threads() throws IOException {
        Set<String> kinds = new TreeSet<>();
        File[] threads = new File("/proc/self/task").listFiles();
        for (File thread : threads == null ? new File[0] : threads) {
            try {
                kinds.add(kind(thread.toPath()));
            } catch (IOException e) {
                // A thread that has ended meanwhile changed nothing any more.
                if (thread.exists()) {
                    throw e;
                }
            }
        }
        return kinds;
    }

    private static String kind(Path thread) throws IOException {
        StringBuilder kind = new StringBuilder();
        for (String link : List.of("root", "cwd", "exe")) {
            kind.append(Files.readSymbolicLink(thread.resolve(link))).append('\n');
        }
        String[] namespaces = thread.resolve("ns").toFile().list();
        for (String namespace : new TreeSet<>(List.of(namespaces == null ? new String[0] : namespaces))) {
            kind.append(Files.readSymbolicLink(thread.resolve("ns").resolve(namespace)))
                    .append('\n');
        }
        for (String line : Files.readAllLines(thread.resolve("status"))) {
            int colon = line.indexOf(':');
            if (colon > 0 && FIELDS.contains(line.substring(0, colon))) {
                // The first number of a thread's own pid differs from thread to thread; how many there are may not.
                kind.append(line.startsWith("NSpid") ? line.replaceAll("[0-9]+", "N") : line)
                        .append('\n');
            }
        }
        return kind.toString();
    }

    private static int descriptors() {
        String[] names = new File("/proc/self/fd").list();
        return names == null ? 0 : names.length;
    }
}
