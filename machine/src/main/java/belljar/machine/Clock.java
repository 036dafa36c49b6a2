package belljar.machine;

import java.time.Instant;
import java.util.PriorityQueue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A machine's time. It counts nanoseconds from 0 at the machine's start, and is also the guest's time stamp counter,
 * which so runs at 1 GHz whatever the host's does. It stands still while the machine is paused, and goes on from where
 * it was in a machine that is restored. Alarms are rung by a thread of the clock's own, which exists while one is set.
 *
 * <p>A clock may also be {@link #counted}: then it is the CPU that moves it on, by the instructions that it executes,
 * so that two runs of one guest have the same times.
 *
 * <p>Safe for use by several threads.
 */
public final class Clock implements Stateful, AutoCloseable {
    /** The frequency of the guest's time stamp counter, in kHz. */
    public static final int TSC_KHZ = 1_000_000;

    private static final Instant COUNTED_BEGINNING = Instant.parse("2000-01-01T00:00:00Z");
    private static final long IDLE_NANOS = 1_000_000_000;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final PriorityQueue<Alarm> alarms = new PriorityQueue<>((a, b) -> Long.compare(a.deadline, b.deadline));
    private final boolean counted;
    private boolean running;
    private boolean ringing;
    private boolean closed;
    private volatile Rate rate;

    /**
     * How the machine's time follows from the host's.
     *
     * @param base the machine's time then
     * @param since the host's time from which on it goes on; of no meaning while it stands still
     * @param moves whether it does go on
     */
    private record Rate(long base, long since, boolean moves) {}

    /** Begins a machine's time. */
    public Clock() {
        this(false);
    }

    private Clock(boolean counted) {
        this.counted = counted;
        this.rate = new Rate(0, System.nanoTime(), !counted);
    }

    /** {@return the time of a machine with one CPU, which calls {@link #advance}} */
    public static Clock counted() {
        return new Clock(true);
    }

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
                    changed.signalAll();
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
        Rate now = rate;
        return now.moves ? now.base + (System.nanoTime() - now.since) : now.base;
    }

    /**
     * {@return the time of day, which is the host's} That of a counted clock begins with the year 2000 in every run.
     */
    public Instant timeOfDay() {
        return counted ? COUNTED_BEGINNING.plusNanos(nanos()) : Instant.now();
    }

    /** {@return whether the CPU moves it on} */
    public boolean isCounted() {
        return counted;
    }

    /**
     * Moves a counted clock on, and rings what is due on this thread.
     *
     * @param nanos how far, 0 or more
     */
    public void advance(long nanos) {
        long to = rate.base + nanos;
        while (true) {
            Alarm due = null;
            lock.lock();
            try {
                Alarm first = alarms.peek();
                if (first != null && first.deadline <= to) {
                    due = alarms.poll();
                }
                // An alarm finds the time for which it was set, however far the clock moves at once.
                rate = new Rate(due == null ? to : Math.max(rate.base, due.deadline), 0, false);
            } finally {
                lock.unlock();
            }
            if (due == null) {
                return;
            }
            due.action.run();
        }
    }

    /**
     * Moves a counted clock on to its next alarm, as a CPU that waits for an interrupt does.
     *
     * @return false if no alarm is set
     */
    public boolean skip() {
        long left;
        lock.lock();
        try {
            Alarm first = alarms.peek();
            if (first == null) {
                return false;
            }
            left = Math.max(0, first.deadline - rate.base);
        } finally {
            lock.unlock();
        }
        advance(left);
        return true;
    }

    /** Has the time stand still, and waits for the end of what rings. Not to be called by what an alarm does. */
    public void pause() {
        lock.lock();
        try {
            rate = new Rate(nanos(), 0, false);
            while (ringing) {
                changed.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Has the time go on from where it stood. */
    public void resume() {
        lock.lock();
        try {
            if (!counted && !rate.moves) {
                rate = new Rate(rate.base, System.nanoTime(), true);
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Saves or loads the time. Alarms are set again by those whose they are. */
    @Override
    public void transfer(StateStream state) {
        state.section("clock");
        rate = new Rate(state.number(rate.base, 0, Long.MAX_VALUE >> 1), 0, false);
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
        if (!running && !counted) {
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
                ringing = due != null;
            } finally {
                lock.unlock();
            }
            if (due == null) {
                return;
            }
            due.action.run();
            lock.lock();
            try {
                ringing = false;
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    /** Waits for the next alarm; null when there has been none for a while, or no more will be. */
    private @Nullable Alarm next() {
        long idle = IDLE_NANOS;
        while (!closed) {
            Alarm first = alarms.peek();
            boolean waits = first != null && !rate.moves;
            long left = waits ? Long.MAX_VALUE : first == null ? idle : first.deadline - nanos();
            if (first != null && left <= 0) {
                return alarms.poll();
            }
            if (first == null && idle <= 0) {
                break;
            }
            try {
                long rest = changed.awaitNanos(left);
                idle = first == null ? rest : IDLE_NANOS;
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
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
