package belljar.linux;

/** Waiting for processes by descriptors of them (pidfd_open(2)). All methods are safe for use by several threads. */
public final class Pidfd {
    private static final HostKernel HOST = HostKernel.INSTANCE;
    private static final int POLLIN = 1;

    private Pidfd() {}

    /**
     * Waits until a process has ended, be it this one's child or not, and does not reap it. An interruption of the
     * thread does not end the wait.
     *
     * @param pidfd a descriptor of the process
     * @param millis milliseconds to wait at most, 0 to look only, -1 for as long as it takes
     * @return whether it has ended
     */
    public static boolean awaitEnd(int pidfd, int millis) {
        try (Memory memory = HOST.lend()) {
            long poll = memory.allocate(8);
            memory.putInt(poll, pidfd);
            memory.putInt(poll + 4, POLLIN);
            while (true) {
                long ready = HOST.call(Nr.POLL, poll, 1, millis);
                if (ready != -Errno.EINTR) {
                    return ready > 0;
                }
            }
        }
    }
}
