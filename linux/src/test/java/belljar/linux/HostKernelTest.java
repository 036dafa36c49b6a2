package belljar.linux;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class HostKernelTest {
    private final HostKernel kernel = HostKernel.INSTANCE;

    @Test
    void callsTheKernel() {
        assertThat(kernel.call(Nr.GETPID)).isEqualTo(ProcessHandle.current().pid());
    }

    @Test
    void returnsTheNegatedErrno() {
        assertThat(kernel.call(Nr.CLOSE, -1)).isEqualTo(-Errno.EBADF);
    }

    @Test
    void passesAllSixArguments() {
        // mmap with an unaligned offset, its sixth argument, is refused; with an aligned one it is not.
        assertThat(kernel.call(Nr.MMAP, 0, 4096, 1, 0x22, -1, 1)).isEqualTo(-Errno.EINVAL);
        long mapped = kernel.call(Nr.MMAP, 0, 4096, 1, 0x22, -1, 0);
        assertThat(mapped).isPositive();
        assertThat(kernel.call(Nr.MUNMAP, mapped, 4096)).isZero();
    }

    @Test
    void lendsMemoryThatTheKernelSees() {
        try (Memory memory = kernel.lend()) {
            long path = memory.string("/proc/self/status");
            long fd = Errno.check("openat", "open status", kernel.call(Nr.OPENAT, -100, path, 0));
            long buffer = memory.allocate(64);
            long n = kernel.call(Nr.READ, fd, buffer, 64);
            kernel.call(Nr.CLOSE, fd);
            assertThat(memory.text(buffer, (int) n)).startsWith("Name:\tjava");
        }
    }
}
