package belljar.machine;

import java.util.PriorityQueue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A machine's time. It counts nanoseconds from 0 at the machine's start, and is also the guest's time stamp counter,
 * which so runs at 1 GHz whatever the host's does. Alarms are rung by a thread of the clock's own, which exists while
 * one is set.
 *
 * <p>Safe for use by several threads.
 */
public final class Clock implements AutoCloseable {
    /** The frequency of the guest's time stamp counter, in kHz. */
    public static final int TSC_KHZ = 1_000_000;

    private final long origin = System.nanoTime();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final PriorityQueue<Alarm> alarms = new PriorityQueue<>((a, b) -> Long.compare(a.deadline, b.deadline));
    private boolean running;
    private boolean closed;

    /** Begins a machine's time. */
    public Clock() {}

    /** Something that is to happen at a time, which can be changed. Made by {@link #alarm}. */
    public final class Alarm {
        private final Runnable action;
        private long deadline;

        private Alarm(Runnable action) {
            this.action = action;
        }

        /**
         * Sets the alarm, in place of a time that was set before.
         *
         * @param nanos the time, on {@link Clock#nanos}' scale; one that is past rings at once
         */
        public void set(long nanos) {
            lock.lock();
            try {
                alarms.remove(this);
                deadline = nanos;
                if (!closed) {
                    alarms.add(this);
                    start();
                    changed.signal();
                }
            } finally {
                lock.unlock();
            }
        }

        /** Takes the time back. An alarm that is ringing this moment does so still. */
        public void cancel() {
            lock.lock();
            try {
                alarms.remove(this);
            } finally {
                lock.unlock();
            }
        }
    }

    /** {@return nanoseconds since the machine's start; also the guest's time stamp counter before its offset} */
    public long nanos() {
        return System.nanoTime() - origin;
    }

    /**
     * {@return an alarm, which is not set}
     *
     * @param action what happens, on the clock's thread; it must be short and throw nothing
     */
    public Alarm alarm(Runnable action) {
        return new Alarm(action);
    }

    private void start() {
        if (!running) {
            running = true;
            Thread.ofPlatform().daemon().name("belljar clock").start(this::ring);
        }
    }

    private void ring() {
        while (true) {
            Alarm due;
            lock.lock();
            try {
                due = next();
            } finally {
                lock.unlock();
            }
            if (due == null) {
                return;
            }
            due.action.run();
        }
    }

    /** Waits for the next alarm; null when there has been none for a while, or no more will be. */
    private @org.jspecify.annotations.Nullable Alarm next() {
        long idle = 1_000_000_000;
        while (!closed) {
            Alarm first = alarms.peek();
            long left = first == null ? idle : first.deadline - nanos();
            if (first != null && left <= 0) {
                return alarms.poll();
            }
            if (first == null && idle <= 0) {
                break;
            }
            try {
                long rest = changed.awaitNanos(left);
                idle = first == null ? rest : 1_000_000_000;
            } catch (InterruptedException e) {
                break;
            }
        }
        running = false;
        return null;
    }

    /** Ends all alarms. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            alarms.clear();
            changed.signal();
        } finally {
            lock.unlock();
        }
    }
}
