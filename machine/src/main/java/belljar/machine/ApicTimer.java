package belljar.machine;

/**
 * The timer of a local APIC (Intel SDM volume 3, 11.5.4 "APIC Timer"): one-shot, periodic, and TSC deadline. Its bus
 * clock runs at 1 GHz, so that a tick at divider 1 is a nanosecond. Guarded by the APIC's lock.
 */
final class ApicTimer {
    private static final int PERIODIC = 1;
    private static final int DEADLINE = 2;

    private static final long NEVER = Long.MAX_VALUE;

    /** A guest that asks for a faster period gets only as many interrupts as this lets through, in nanoseconds. */
    private static final long SHORTEST_PERIOD = 50_000;

    /** Beyond this no timer is worth an alarm: 73 years. */
    private static final long FAR = 1L << 61;

    private final Clock clock;
    private final Clock.Alarm alarm;
    private int mode;
    private int divideConfiguration;
    private int initialCount;
    private long due = NEVER;
    private long tscOffset;
    private long tscDeadline;

    ApicTimer(Clock clock, Runnable ring) {
        this.clock = clock;
        this.alarm = clock.alarm(ring);
    }

    void reset() {
        stop();
        mode = 0;
        divideConfiguration = 0;
        initialCount = 0;
    }

    void transfer(StateStream state) {
        mode = state.number(mode, 0, 3);
        divideConfiguration = state.number(divideConfiguration) & 0b1011;
        initialCount = state.number(initialCount);
        due = state.number(due);
        tscOffset = state.number(tscOffset);
        tscDeadline = state.number(tscDeadline);
        boolean possible = mode == DEADLINE || initialCount != 0;
        due = possible ? due : NEVER;
        if (state.isLoading() && due != NEVER) {
            alarm.set(due);
        }
    }

    private void stop() {
        due = NEVER;
        tscDeadline = 0;
        alarm.cancel();
    }

    private void arm(long nanos) {
        due = nanos;
        alarm.set(nanos);
    }

    /** Sets the mode, as in bits 17 and 18 of the LVT entry. To and from deadline mode disarms the timer. */
    void setMode(int newMode) {
        if ((newMode == DEADLINE) != (mode == DEADLINE)) {
            stop();
            initialCount = 0;
        }
        mode = newMode;
    }

    int divideConfiguration() {
        return divideConfiguration;
    }

    void setDivideConfiguration(int value) {
        int left = currentCount();
        divideConfiguration = value & 0b1011;
        if (due != NEVER && mode != DEADLINE) {
            arm(clock.nanos() + nanos(left));
        }
    }

    int initialCount() {
        return initialCount;
    }

    void setInitialCount(int value) {
        if (mode == DEADLINE) {
            return;
        }
        initialCount = value;
        if (value == 0) {
            stop();
        } else {
            arm(clock.nanos() + nanos(value));
        }
    }

    int currentCount() {
        if (due == NEVER || mode == DEADLINE) {
            return 0;
        }
        long left = due - clock.nanos();
        if (left <= 0) {
            left = mode == PERIODIC ? Math.floorMod(left, nanos(initialCount)) : 0;
        }
        return (int) Math.ceilDiv(left, divider());
    }

    private long nanos(int count) {
        return Integer.toUnsignedLong(count) * divider();
    }

    private long divider() {
        int power = (divideConfiguration & 0b11 | divideConfiguration >> 1 & 0b100) + 1;
        return 1L << (power & 0b111);
    }

    long tscDeadline() {
        return tscDeadline;
    }

    /** Arms the timer in deadline mode; in the others nothing happens, as on a CPU. 0 disarms. */
    void setTscDeadline(long tsc) {
        if (mode != DEADLINE) {
            return;
        }
        stop();
        if (tsc != 0) {
            long now = clock.nanos();
            long current = now + tscOffset;
            long left = Long.compareUnsigned(tsc, current) <= 0 ? 0 : tsc - current;
            tscDeadline = tsc;
            if (left >= 0 && left < FAR) {
                arm(now + left);
            }
        }
    }

    void setTscOffset(long offset) {
        tscOffset = offset;
        setTscDeadline(tscDeadline);
    }

    /** Whether the timer has come to its end; if so the next period begins. To be called when the alarm rings. */
    boolean expire() {
        long now = clock.nanos();
        if (due > now) {
            return false;
        }
        if (mode == PERIODIC && initialCount != 0) {
            long period = nanos(initialCount);
            long late = Math.max(now + SHORTEST_PERIOD - period - due, 0);
            arm(due + period + Math.ceilDiv(late, period) * period);
        } else {
            stop();
        }
        return true;
    }
}
