package belljar.kvm;

import belljar.failure.BugException;
import belljar.linux.Caller;
import belljar.linux.Errno;
import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;

/**
 * Calls a thread back from KVM_RUN. The signal for it is blocked in the thread, and only KVM lets it through (api.rst,
 * 4.21 KVM_SET_SIGNAL_MASK): so it needs no handler, and one that comes too early waits. No JVM uses it.
 */
final class ThreadSignal {
    /** A real-time signal beyond those that the C library takes for itself (signal(7)). */
    private static final int SIGNAL = 43;

    private static final int SIG_BLOCK = 0;
    private static final long BIT = 1L << SIGNAL - 1;
    private static final int SET_SIZE = 8;

    private final Caller kernel = HostKernel.INSTANCE;
    private final long process = ProcessHandle.current().pid();
    private long thread;
    private boolean sent;

    /**
     * Begins to take the signal in the calling thread, which is a platform thread.
     *
     * @param cpu the descriptor of the CPU that the thread runs
     */
    void enter(int cpu) {
        if (Thread.currentThread().isVirtual()) {
            throw new BugException("a virtual CPU needs a platform thread of its own", null);
        }
        try (Memory memory = kernel.lend()) {
            long set = memory.allocate(8);
            memory.putLong(set, BIT);
            long old = memory.allocate(8);
            Errno.check(
                    "rt_sigprocmask",
                    "cannot block a signal",
                    kernel.call(Nr.RT_SIGPROCMASK, SIG_BLOCK, set, old, SET_SIZE));
            long mask = memory.allocate(16);
            memory.putInt(mask, SET_SIZE);
            long inKvm = memory.getLong(old) & ~BIT;
            memory.putInt(mask + 4, (int) inKvm);
            memory.putInt(mask + 8, (int) (inKvm >>> 32));
            Errno.check(
                    "ioctl",
                    "cannot set the signals of a virtual CPU",
                    kernel.call(Nr.IOCTL, cpu, Ioctl.SET_SIGNAL_MASK, mask));
        }
        synchronized (this) {
            thread = kernel.call(Nr.GETTID);
        }
    }

    /** Ends that. The signal stays blocked, so that one on its way does no harm. */
    void leave() {
        synchronized (this) {
            thread = 0;
        }
        take();
    }

    /** Sends the signal, if somebody takes it and none is on its way. From any thread. */
    synchronized void send() {
        if (thread != 0 && !sent) {
            sent = true;
            kernel.call(Nr.TGKILL, process, thread, SIGNAL);
        }
    }

    /** Takes the signal away, if there is one. */
    synchronized void take() {
        if (!sent) {
            return;
        }
        sent = false;
        try (Memory memory = kernel.lend()) {
            long set = memory.allocate(8);
            memory.putLong(set, BIT);
            long none = memory.allocate(16);
            long taken;
            do {
                taken = kernel.call(Nr.RT_SIGTIMEDWAIT, set, 0, none, SET_SIZE);
            } while (taken == -Errno.EINTR);
        }
    }
}
