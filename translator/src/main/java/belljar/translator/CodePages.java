package belljar.translator;

import belljar.machine.MemoryWrites;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Which pages of a machine's memory hold code that some CPU has decoded, and how often each has changed since. A page
 * that holds code is in no CPU's TLB as writable: a write to it comes here first, and makes what was decoded void.
 * Shared by the CPUs of a machine.
 */
final class CodePages implements MemoryWrites {
    private static final VarHandle VERSION = MethodHandles.arrayElementVarHandle(int[].class);
    private static final VarHandle STATE = MethodHandles.arrayElementVarHandle(byte[].class);

    /** No code. */
    private static final byte DATA = 0;

    /** To be code as soon as all CPUs know that they may not write to it any more without asking. */
    private static final byte MARKING = 1;

    private static final byte CODE = 2;

    /** Nanoseconds between two looks at what another CPU has done; it needs some microseconds to the next jump. */
    private static final long PAUSE = 1000;

    private final int[] versions;
    private final byte[] states;
    private final ReentrantLock marking = new ReentrantLock();
    private volatile int requests;
    private volatile Writer[] writers = {};

    CodePages(long memory) {
        int pages = Math.toIntExact(memory >>> 12);
        versions = new int[pages];
        states = new byte[pages];
    }

    /** A CPU as one that may write to pages which others are about to decode. */
    final class Writer {
        private final Mmu mmu;
        private final Runnable signal;
        private volatile int seen;
        private volatile boolean away = true;

        private Writer(Mmu mmu, Runnable signal) {
            this.mmu = mmu;
            this.signal = signal;
        }

        /** Forgets which pages may be written, if somebody has asked for that. Between two instructions. */
        void acknowledge() {
            int now = requests;
            if (seen != now) {
                mmu.flushWritable();
                seen = now;
            }
        }

        /** From now on the CPU writes to nothing, and nobody waits for it. */
        void leave() {
            away = true;
        }

        /** The CPU may write again. */
        void enter() {
            away = false;
            acknowledge();
        }

        /**
         * Notes that a page is about to be decoded; {@link #version} has been asked before, and the bytes come after.
         */
        void mark(int page) {
            if ((byte) STATE.getVolatile(states, page) == CODE) {
                return;
            }
            while (!marking.tryLock()) {
                // Who has the lock may wait for this CPU.
                acknowledge();
                LockSupport.parkNanos(PAUSE);
            }
            try {
                STATE.setVolatile(states, page, MARKING);
                shootDown();
                // Where it has been written to meanwhile it is not code, and has another version.
                boolean _ = STATE.compareAndSet(states, page, MARKING, CODE);
            } finally {
                marking.unlock();
            }
        }

        private void shootDown() {
            Writer[] all = writers;
            int request = requests + 1;
            requests = request;
            for (Writer other : all) {
                if (other != this) {
                    other.signal.run();
                }
            }
            acknowledge();
            for (Writer other : all) {
                while (other != this && !other.away && other.seen - request < 0) {
                    LockSupport.parkNanos(PAUSE);
                }
            }
        }
    }

    /**
     * Adds a CPU; before it runs.
     *
     * @param mmu its way to memory
     * @param signal has it call {@link Writer#acknowledge} soon, if it runs; from any thread
     */
    synchronized Writer join(Mmu mmu, Runnable signal) {
        Writer added = new Writer(mmu, signal);
        Writer[] more = Arrays.copyOf(writers, writers.length + 1);
        more[writers.length] = added;
        writers = more;
        return added;
    }

    /** {@return how often the code of a page has changed} */
    int version(int page) {
        return (int) VERSION.getOpaque(versions, page);
    }

    @Override
    public void written(long offset, long length) {
        int last = (int) (offset + length - 1 >>> 12);
        for (int page = (int) (offset >>> 12); page <= last; page++) {
            written(page);
        }
    }

    /** Notes that a page is written to, by a CPU before it writes, by a device afterwards. */
    void written(int page) {
        if ((byte) STATE.getVolatile(states, page) != DATA) {
            STATE.setVolatile(states, page, DATA);
            VERSION.getAndAdd(versions, page, 1);
        }
    }
}
