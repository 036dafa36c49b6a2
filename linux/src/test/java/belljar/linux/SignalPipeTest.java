package belljar.linux;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class SignalPipeTest {
    private static final int SIGUSR2 = 12;
    private static final int SIGRTMAX = 64;

    @Test
    void receivesSignalsInOrderOnAnyThread() {
        SignalPipe pipe = SignalPipe.open();
        pipe.receive(SIGUSR2);
        pipe.receive(SIGRTMAX);
        long self = HostKernel.INSTANCE.call(Nr.GETPID);
        for (int i = 0; i < 100; i++) {
            assertThat(HostKernel.INSTANCE.call(Nr.KILL, self, SIGUSR2)).isZero();
            assertThat(pipe.next()).isEqualTo(SIGUSR2);
            assertThat(HostKernel.INSTANCE.call(Nr.KILL, self, SIGRTMAX)).isZero();
            assertThat(pipe.next()).isEqualTo(SIGRTMAX);
        }
    }

    @Test
    void leavesAnIgnoredSignalIgnored() {
        int signal = SIGRTMAX - 1;
        try (Memory memory = HostKernel.INSTANCE.lend()) {
            long ignore = memory.allocate(32);
            memory.putLong(ignore, 1);
            assertThat(HostKernel.INSTANCE.call(Nr.RT_SIGACTION, signal, ignore, 0, 8))
                    .isZero();
            SignalPipe.open().receive(signal);
            long now = memory.allocate(32);
            HostKernel.INSTANCE.call(Nr.RT_SIGACTION, signal, 0, now, 8);
            assertThat(memory.getLong(now)).isEqualTo(1);
        }
    }
}
