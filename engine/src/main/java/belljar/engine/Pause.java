package belljar.engine;

import belljar.failure.HostException;
import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;

/** Waits for time to pass and for processes to end. An interruption of the thread ends every wait. */
final class Pause {
    private static final HostKernel KERNEL = HostKernel.INSTANCE;
    private static final int POLLIN = 1;
    /** How long a wait in the kernel, which an interruption does not end, may take. */
    private static final long SLICE_MILLIS = 500;

    private Pause() {}

    /**
     * Sleeps.
     *
     * @throws HostException if the thread is interrupted, whose interrupted status stays set
     */
    static void millis(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw interrupted();
        }
    }

    /**
     * Waits for a process to end.
     *
     * @param pid the process
     * @param millis how long at most; negative for as long as it takes
     * @return whether it has ended
     * @throws HostException if the thread is interrupted, whose interrupted status stays set
     */
    static boolean ended(long pid, long millis) {
        long pidfd = KERNEL.call(Nr.PIDFD_OPEN, pid, 0);
        if (pidfd < 0) {
            return true;
        }
        long deadline = System.nanoTime() + millis * 1_000_000;
        try (Memory memory = KERNEL.lend()) {
            long poll = memory.allocate(8);
            memory.putInt(poll, (int) pidfd);
            memory.putInt(poll + 4, POLLIN);
            while (true) {
                long left = millis < 0 ? SLICE_MILLIS : (deadline - System.nanoTime() + 999_999) / 1_000_000;
                if (KERNEL.call(Nr.POLL, poll, 1, Math.max(0, Math.min(left, SLICE_MILLIS))) > 0) {
                    return true;
                }
                if (Thread.currentThread().isInterrupted()) {
                    throw interrupted();
                }
                if (left <= 0) {
                    return false;
                }
            }
        } finally {
            KERNEL.call(Nr.CLOSE, pidfd);
        }
    }

    /**
     * Sends a signal to a process.
     *
     * @param pid the process
     * @param signal the signal's number
     * @return whether the process was there to get it
     */
    static boolean signal(long pid, int signal) {
        long pidfd = KERNEL.call(Nr.PIDFD_OPEN, pid, 0);
        if (pidfd < 0) {
            return false;
        }
        long sent = KERNEL.call(Nr.PIDFD_SEND_SIGNAL, pidfd, signal, 0, 0);
        KERNEL.call(Nr.CLOSE, pidfd);
        return sent == 0;
    }

    private static HostException interrupted() {
        return new HostException("interrupted while waiting for a container", (Throwable) null);
    }
}
