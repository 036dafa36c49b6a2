package belljar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class HelperTest {
    @TempDir
    private Path state;

    /** A duty that a test switches on and off. */
    private final class Switch implements Helper.Duty {
        private final Semaphore rounds = new Semaphore(0);
        private volatile boolean needed = true;
        private volatile boolean closed;

        @Override
        public boolean needed() {
            return needed;
        }

        @Override
        public List<String> run() {
            rounds.release();
            return List.of();
        }

        @Override
        public List<Path> watched() {
            return List.of(state);
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    @Test
    void worksWhileItIsNeededAndOnlyOnce() throws Exception {
        Switch duty = new Switch();
        Thread helper = Thread.ofPlatform().daemon().start(() -> Helper.serve(state, List.of(duty)));
        assertThat(duty.rounds.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
        assertThat(Helper.runs(state)).isTrue();
        Switch other = new Switch();
        Helper.serve(state, List.of(other));
        assertThat(other.rounds.availablePermits()).isZero();
        // Another round soon after a change, of which the rounds by the clock are told apart by their number.
        duty.rounds.drainPermits();
        for (int i = 0; i < 5; i++) {
            Files.writeString(state.resolve("change"), "x" + i);
            assertThat(duty.rounds.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
        }
        duty.needed = false;
        helper.join(30_000);
        assertThat(helper.isAlive()).isFalse();
        assertThat(duty.closed).isTrue();
        assertThat(Helper.runs(state)).isFalse();
        assertThat(state.resolve("helper.ready")).doesNotExist();
    }

    @Test
    void startsAProcessOfItsOwn() throws Exception {
        Path told = state.resolve("told");
        String script =
                "touch " + state.resolve("helper.ready") + "; ps -o pid=,sid= -p $$ > " + told + "; exec sleep 86399";
        Helper.ensure(state, List.of("/bin/sh", "-c", script));
        // That this is reached although it still runs shows that nobody waits for its end.
        assertThat(state.resolve("helper.ready")).exists();
        for (int i = 0; i < 1000 && (Files.notExists(told) || Files.size(told) == 0); i++) {
            Thread.sleep(20);
        }
        String[] numbers = Files.readString(told).trim().split(" +", -1);
        try {
            assertThat(numbers).hasSize(2);
            assertThat(numbers[1]).isNotEqualTo(Long.toString(session()));
            assertThat(ProcessHandle.of(Long.parseLong(numbers[0]))).isPresent();
        } finally {
            ProcessHandle.of(Long.parseLong(numbers[0])).ifPresent(ProcessHandle::destroyForcibly);
        }
    }

    private static long session() {
        return belljar.linux.HostKernel.INSTANCE.call(belljar.linux.Nr.GETSID, 0);
    }
}
