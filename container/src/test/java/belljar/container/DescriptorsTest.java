package belljar.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.GuestException;
import belljar.failure.UserException;
import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;
import belljar.sandbox.MountSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a program inherits: its standard streams, its environment, and nothing of the host's (CVE-2024-21626). */
final class DescriptorsTest {
    @TempDir
    Path dir;

    private TestSpecs spec;

    @BeforeEach
    void root() throws IOException {
        spec = TestSpecs.prepare(dir);
    }

    private String run() throws IOException {
        return Runs.run(spec.build(), dir.resolve("out"));
    }

    @Test
    void showsNoDescriptorOfTheHost() throws IOException {
        spec.shell("sleep 9 & ls /proc/$!/fd; kill $!");
        assertThat(run()).isEqualTo("0:0\n1\n2\n");
        spec.overlay = false;
        assertThat(run()).isEqualTo("0:0\n1\n2\n");
    }

    @Test
    void showsNoDescriptorOfTheHostInItsInit() throws IOException {
        spec.init = true;
        spec.shell("ls /proc/1/fd; tr '\\0' ' ' < /proc/1/cmdline; wc -c < /proc/1/environ");
        assertThat(run()).isEqualTo("0:0\n1\n2\nbelljar-stub 0\n");
    }

    @Test
    void passesOnNothingOfTheEnvironmentOfItsParent() throws IOException {
        spec.args = List.of("/bin/env");
        assertThat(run()).isEqualTo("0:PATH=/bin:/sbin\nHOME=/\n");
    }

    @Test
    void startsWithAUmaskOfItsOwn() throws IOException {
        spec.shell("umask; grep -E 'Sig(Blk|Ign)' /proc/self/status | tr -d '\\t '");
        assertThat(run()).isEqualTo("0:0022\nSigBlk:0000000000000000\nSigIgn:0000000000000000\n");
    }

    @Test
    void refusesAWorkingDirectoryBehindADescriptor() throws IOException {
        Files.createSymbolicLink(dir.resolve("root/work"), Path.of("/proc/self/fd/9"));
        for (boolean overlay : List.of(true, false)) {
            spec.overlay = overlay;
            for (int fd = 0; fd < 24; fd++) {
                spec.cwd = "/proc/self/fd/" + fd;
                assertThatThrownBy(this::run)
                        .isInstanceOfAny(UserException.class, GuestException.class, belljar.failure.HostException.class)
                        .hasMessageContaining(spec.cwd);
            }
            spec.cwd = "/work";
            assertThatThrownBy(this::run).isInstanceOf(UserException.class).hasMessageContaining("/work");
            spec.cwd = "/proc/1/root";
            assertThatThrownBy(this::run).isInstanceOf(UserException.class);
        }
    }

    @Test
    void stopsAtItsRootWhateverBecomesOfTheWorkingDirectory() throws Exception {
        Path volume = Files.createDirectories(dir.resolve("volume"));
        Path x = Files.createDirectory(volume.resolve("x"));
        Path secret = Files.writeString(dir.resolve("secret"), "of the host");
        Path link = volume.resolve("link");
        spec.mounts.add(new MountSpec("/volume", "bind", volume.toString(), List.of("bind")));
        spec.cwd = "/volume/x";
        spec.overlay = false;
        spec.shell("cat ../../../../../../../.." + secret);
        AtomicBoolean end = new AtomicBoolean();
        for (int fd = 5; fd < 25; fd++) {
            Files.createSymbolicLink(link, Path.of("/proc/self/fd/" + fd));
            end.set(false);
            Thread exchanger = new Thread(() -> exchange(x, link, end));
            exchanger.start();
            try {
                assertThat(run()).doesNotContain("of the host");
            } catch (UserException | GuestException refused) {
                assertThat(refused).hasMessageContaining("/volume/x");
            } finally {
                end.set(true);
                exchanger.join();
            }
            Files.delete(Files.isSymbolicLink(link) ? link : x);
        }
    }

    /** Exchanges the two names again and again, an even number of times. */
    private static void exchange(Path a, Path b, AtomicBoolean end) {
        try (Memory memory = HostKernel.INSTANCE.lend()) {
            long first = memory.string(a.toString());
            long second = memory.string(b.toString());
            while (!end.get()) {
                HostKernel.INSTANCE.call(Nr.RENAMEAT2, -100, first, -100, second, 2);
                HostKernel.INSTANCE.call(Nr.RENAMEAT2, -100, first, -100, second, 2);
            }
        }
    }
}
