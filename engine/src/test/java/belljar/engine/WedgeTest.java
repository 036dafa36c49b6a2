package belljar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Programs that would keep a run from ending. The limits of time are for a test that fails, which would else hang. */
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class WedgeTest {
    @TempDir
    Path dir;

    private HostileRun run;

    @BeforeEach
    void root() throws IOException {
        run = HostileRun.prepare(dir);
    }

    @Test
    void endsThoughTheInputWasNeverRead() throws IOException {
        run.interactive = true;
        assertThat(run.shell("echo done", "x".repeat(1 << 20))).isEqualTo("0:done\n");
    }

    @Test
    void waitsForAProgramThatClosedItsStreams() throws IOException {
        run.interactive = true;
        assertThat(run.shell("exec <&- >&- 2>&-; sleep 0.3; exit 7", "x".repeat(1 << 20)))
                .isEqualTo("7:");
    }

    @Test
    void endsThoughABackgroundProcessOfTheHostsIdsWritesOn() throws IOException {
        run.pid = NamespaceMode.HOST;
        assertThat(run.shell("yes & exit 3", "")).startsWith("3:");
        assertThat(ProcessHandle.allProcesses()
                        .filter(p -> p.info().command().orElse("").equals("/bin/busybox")
                                && p.info().commandLine().orElse("").endsWith(" yes")))
                .isEmpty();
    }

    @Test
    void killsWhatIsStopped() throws IOException {
        run.pid = NamespaceMode.HOST;
        assertThat(run.shell("sleep 98764 & kill -STOP $!; exit 4", "")).isEqualTo("4:");
        assertThat(ProcessHandle.allProcesses()
                        .filter(p -> p.info().commandLine().orElse("").contains("98764")))
                .isEmpty();
    }

    @Test
    void endsAForkBombWithinItsLimit() throws IOException {
        run.pids = OptionalLong.of(40);
        assertThat(run.shell("f() { f | f & }; f 2>/dev/null; sleep 0.5; exit 5", ""))
                .startsWith("5:");
        assertThat(run.shell("echo works", "")).isEqualTo("0:works\n");
    }

    @Test
    void isNotHeldUpByOutputOnOneStream() throws IOException {
        assertThat(run.shell("yes & sleep 0.2; echo end >&2; kill $!; exit 6", ""))
                .startsWith("6:")
                .contains("end\n");
    }
}
