package belljar.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.HostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

final class StubTest {
    @Test
    void makesCallsInAnotherProcess() {
        try (Stub stub = Stub.start(0, -1, -1, -1)) {
            assertThat(stub.call(Nr.GETPID)).isEqualTo(stub.pid());
            assertThat(stub.pid()).isNotEqualTo(ProcessHandle.current().pid());
            assertThat(stub.call(Nr.CLOSE, 99)).isEqualTo(-Errno.EBADF);
        }
    }

    @Test
    void inheritsNoDescriptorOfTheJvm() throws Exception {
        try (Stub stub = Stub.start(0, -1, -1, -1)) {
            stub.call(Nr.GETPID);
            try (var fds = Files.list(Path.of("/proc/" + stub.pid() + "/fd"))) {
                assertThat(fds.map(p -> p.getFileName().toString())).containsExactlyInAnyOrder("0", "1", "2", "3", "4");
            }
        }
    }

    @Test
    void isReapedWhenClosed() {
        Stub stub = Stub.start(0, -1, -1, -1);
        stub.close();
        assertThat(ProcessHandle.of(stub.pid())).isEmpty();
    }

    @Test
    void answersThoseWhoSleepAndThoseWhoLook() throws Exception {
        try (Stub stub = Stub.start(0, -1, -1, -1);
                Memory memory = stub.lend()) {
            long pause = memory.allocate(16);
            for (long micros : new long[] {0, 1, 40, 100, 140, 180, 220, 260, 300, 5000}) {
                for (int i = 0; i < 20; i++) {
                    // The stub waits for Java, and Java for the stub, around the time after which either sleeps.
                    Thread.sleep(0, (int) Math.min(micros * 1000, 999_999));
                    assertThat(stub.call(Nr.GETPID)).isEqualTo(stub.pid());
                    memory.putLong(pause + 8, micros * 1000);
                    assertThat(stub.call(Nr.NANOSLEEP, pause, 0)).isZero();
                }
            }
        }
    }

    @Test
    void doesNotLookWhereTheOtherHasTheSameCpu() {
        HostKernel kernel = HostKernel.INSTANCE;
        try (Memory memory = kernel.lend()) {
            long before = memory.allocate(128);
            long size = kernel.call(Nr.SCHED_GETAFFINITY, 0, 128, before);
            List<Long> masks = new ArrayList<>();
            for (int i = 0; i < 64 && masks.size() < 2; i++) {
                if ((memory.getLong(before) >> i & 1) != 0) {
                    masks.add(1L << i);
                }
            }
            Assumptions.assumeTrue(masks.size() == 2, "needs two CPUs with numbers below 64");
            long mask = memory.allocate(8);
            memory.putLong(mask, masks.getFirst());
            kernel.call(Nr.SCHED_SETAFFINITY, 0, 8, mask);
            try (Stub stub = Stub.start(0, -1, -1, -1);
                    Memory theirs = stub.lend()) {
                assertThat(stub.call(Nr.GETPID)).isEqualTo(stub.pid());
                // If it looked at all it would do so until it sees something, and never sleep. If it does not it need
                // not sleep each time: Java may have taken the CPU from it, and have rung, before it comes to that.
                stub.putLong(StubCode.SPINS, Long.MAX_VALUE);
                long slept = voluntarySwitches(stub) + 10;
                for (int i = 0; i < 2000 && voluntarySwitches(stub) < slept; i++) {
                    assertThat(stub.call(Nr.GETPID)).isEqualTo(stub.pid());
                }
                assertThat(stub.getInt(StubCode.STUB_CPU)).isEqualTo(stub.getInt(StubCode.JAVA_CPU));
                assertThat(voluntarySwitches(stub)).isGreaterThanOrEqualTo(slept);
                stub.putLong(StubCode.SPINS, 1);
                long other = theirs.allocate(8);
                theirs.putLong(other, masks.getLast());
                assertThat(stub.call(Nr.SCHED_SETAFFINITY, 0, 8, other)).isZero();
                assertThat(stub.call(Nr.GETPID)).isEqualTo(stub.pid());
                assertThat(stub.getInt(StubCode.STUB_CPU)).isNotEqualTo(stub.getInt(StubCode.JAVA_CPU));
            } finally {
                kernel.call(Nr.SCHED_SETAFFINITY, 0, size, before);
            }
        }
    }

    private static long voluntarySwitches(Stub stub) {
        return KernelFile.read("/proc/" + stub.pid() + "/status")
                .lines()
                .filter(line -> line.startsWith("voluntary_ctxt_switches:"))
                .mapToLong(line ->
                        Long.parseLong(line.substring(line.indexOf(':') + 1).strip()))
                .sum();
    }

    @Test
    void noticesWhileItWaitsThatTheStubIsGone() {
        try (Stub stub = Stub.start(0, -1, -1, -1)) {
            assertThatThrownBy(() -> stub.call(Nr.KILL, stub.pid(), 9))
                    .isInstanceOf(HostException.class)
                    .hasMessageContaining("ended unexpectedly");
            assertThatThrownBy(() -> stub.call(Nr.GETPID)).hasMessageContaining("ended unexpectedly");
        }
    }

    @Test
    void laterStepsUseEarlierResults() {
        try (Stub stub = Stub.start(0, -1, -1, -1);
                Batch batch = stub.batch()) {
            long buffer = batch.memory().allocate(32);
            Batch.Step open = batch.step("open comm", Nr.OPENAT, -100, batch.string("/proc/self/comm"), 0);
            Batch.Step read = batch.step("read comm", Nr.READ, 0, buffer, 32).uses(0, open);
            batch.step("close comm", Nr.CLOSE, 0).uses(0, open);
            batch.run();
            assertThat(open.result()).isEqualTo(5);
            assertThat(read.result()).isPositive();
        }
    }

    @Test
    void namesTheStepThatFailed() {
        try (Stub stub = Stub.start(0, -1, -1, -1);
                Batch batch = stub.batch()) {
            batch.step("look", Nr.GETPID);
            batch.step("change directory to /nonexistent", Nr.CHDIR, batch.string("/nonexistent"));
            batch.step("never", Nr.EXIT_GROUP, 3);
            assertThatThrownBy(batch::run)
                    .isInstanceOf(HostException.class)
                    .hasMessage("change directory to /nonexistent: ENOENT (No such file or directory)");
        }
    }

    @Test
    void toleratesNamedErrorsOnly() {
        try (Stub stub = Stub.start(0, -1, -1, -1);
                Batch batch = stub.batch()) {
            batch.step("a", Nr.CHDIR, batch.string("/nonexistent")).tolerating(Errno.EPERM, Errno.ENOENT);
            batch.step("b", Nr.CLOSE, 77).ignoringErrors();
            Batch.Step last = batch.step("c", Nr.CLOSE, 77).tolerating(Errno.ENOENT);
            assertThatThrownBy(batch::run).hasMessageStartingWith("c: EBADF");
            assertThat(last.result()).isEqualTo(-Errno.EBADF);
        }
    }

    @Test
    void becomesAProgram() {
        Stub stub = Stub.start(0, -1, -1, -1);
        try (Batch batch = stub.batch()) {
            long argv = batch.memory().strings(List.of("sh", "-c", "exit 7"));
            batch.step("close", Nr.CLOSE_RANGE, 3, -1, 4);
            batch.step(
                    "run sh",
                    Nr.EXECVE,
                    batch.string("/bin/sh"),
                    argv,
                    batch.memory().strings(List.of()));
            batch.runToExec();
        }
        assertThat(stub.waitFor()).isEqualTo(7);
        stub.detach();
    }

    @Test
    void endsWithTheJvm() throws Exception {
        // The socket's closing is what a stub sees when the JVM dies.
        Stub stub = Stub.start(0, -1, -1, -1);
        stub.detach();
        assertThat(stub.waitFor()).isEqualTo(1);
    }
}
