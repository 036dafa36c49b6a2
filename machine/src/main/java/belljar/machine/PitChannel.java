package belljar.machine;

/**
 * One counter of an 8254 (Intel datasheet, "Mode definitions"), counting in binary. A new count takes effect at once in
 * all modes. Guarded by the lock of {@link Pit}.
 */
final class PitChannel {
    private static final long HERTZ = 1_193_182;
    private static final long SECOND = 1_000_000_000;

    private static final int LOW = 1;
    private static final int HIGH = 2;

    private final Clock clock;
    private int access = LOW | HIGH;
    private int mode;
    private int reload = 0x10000;
    private boolean loaded;
    private boolean gate;
    private boolean counting;

    /** When counting began, or, while it pauses, for how long it has been going on. */
    private long since;

    private boolean highByteNext;
    private boolean writeHighNext;
    private int lowByte;
    private int latched = -1;
    private int latchedStatus = -1;

    PitChannel(Clock clock, boolean gate) {
        this.clock = clock;
        this.gate = gate;
    }

    /** A control word for this counter; it waits for a count then. */
    void control(int value) {
        access = value >> 4 & 0b11;
        int asked = value >> 1 & 0b111;
        mode = asked > 5 ? asked - 4 : asked;
        loaded = false;
        counting = false;
        since = 0;
        highByteNext = false;
        writeHighNext = false;
        latched = -1;
        latchedStatus = -1;
    }

    void transfer(StateStream state) {
        access = state.number(access, 1, LOW | HIGH);
        mode = state.number(mode, 0, 5);
        reload = state.number(reload, 1, 0x10000);
        loaded = state.flag(loaded);
        gate = state.flag(gate);
        counting = state.flag(counting);
        since = state.number(since);
        highByteNext = state.flag(highByteNext);
        writeHighNext = state.flag(writeHighNext);
        lowByte = state.number(lowByte, 0, 0xFF);
        latched = state.number(latched, -1, 0xFFFF);
        latchedStatus = state.number(latchedStatus, -1, 0xFF);
    }

    private static long ticks(long nanos) {
        return nanos / SECOND * HERTZ + nanos % SECOND * HERTZ / SECOND;
    }

    private long elapsed() {
        return ticks(counting ? clock.nanos() - since : since);
    }

    private boolean isPeriodic() {
        return mode == 2 || mode == 3;
    }

    private boolean waitsForGate() {
        return mode == 1 || mode == 5;
    }

    private void start() {
        counting = true;
        since = clock.nanos();
    }

    /** Sets the gate: low stops most modes, and its rise starts some anew. */
    void setGate(boolean high) {
        if (high == gate) {
            return;
        }
        gate = high;
        if (!loaded || !high && waitsForGate()) {
            return;
        }
        if (high && (isPeriodic() || waitsForGate())) {
            start();
        } else if (high) {
            since = clock.nanos() - since;
            counting = true;
        } else {
            since = clock.nanos() - since;
            counting = false;
        }
    }

    /** Writes a byte of the count. Says whether the count is complete. */
    boolean write(int value) {
        if (access == (LOW | HIGH) && !writeHighNext) {
            lowByte = value;
            writeHighNext = true;
            return false;
        }
        int count = access == LOW ? value : access == HIGH ? value << 8 : value << 8 | lowByte;
        writeHighNext = false;
        reload = count == 0 ? 0x10000 : count;
        loaded = true;
        counting = false;
        since = 0;
        if (gate && !waitsForGate()) {
            start();
        }
        return true;
    }

    private int count() {
        long elapsed = elapsed();
        return (int)
                        switch (mode) {
                            case 2 -> reload - elapsed % reload;
                            case 3 -> (reload - 2 * elapsed % reload) & ~1;
                            default -> reload - elapsed;
                        }
                & 0xFFFF;
    }

    /** The level of the output. */
    boolean output() {
        long elapsed = elapsed();
        boolean started = loaded && (counting || since != 0);
        return switch (mode) {
            case 0 -> started && elapsed >= reload;
            case 1 -> !started || elapsed >= reload;
            case 2 -> !started || !gate || elapsed % reload != reload - 1;
            case 3 -> !started || !gate || elapsed % reload < (reload + 1) / 2;
            default -> !started || elapsed != reload;
        };
    }

    /** When the output rises next, on the clock's scale; -1 for not. */
    long nextRise() {
        if (!counting) {
            return -1;
        }
        long elapsed = elapsed();
        long rise = isPeriodic() ? (elapsed / reload + 1) * reload : reload;
        return rise <= elapsed ? -1 : since + rise / HERTZ * SECOND + Math.ceilDiv(rise % HERTZ * SECOND, HERTZ);
    }

    void latchCount() {
        if (latched < 0) {
            latched = count();
        }
    }

    void latchStatus() {
        if (latchedStatus < 0) {
            latchedStatus = (output() ? 1 << 7 : 0) | (loaded ? 0 : 1 << 6) | access << 4 | mode << 1;
        }
    }

    int read() {
        if (latchedStatus >= 0) {
            int status = latchedStatus;
            latchedStatus = -1;
            return status;
        }
        int value = latched >= 0 ? latched : count();
        boolean high = access == HIGH || access == (LOW | HIGH) && highByteNext;
        highByteNext = access == (LOW | HIGH) && !high;
        if (!highByteNext) {
            latched = -1;
        }
        return high ? value >> 8 : value & 0xFF;
    }
}
