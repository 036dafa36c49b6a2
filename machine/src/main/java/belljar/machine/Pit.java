package belljar.machine;

/**
 * A PC's interval timer, an 8254 (Intel datasheet), at ports 0x40 to 0x43, with the port 0x61 that goes with it.
 * Counter 0 interrupts, counter 2 is what kernels measure their other clocks by, and counter 1, which once refreshed
 * memory, counts for nobody. Counting in BCD is not offered.
 *
 * <p>Safe for use by several threads.
 */
public final class Pit implements BytePorts, Stateful {
    private static final int CONTROL = 3;
    private static final int READ_BACK = 3;

    private static final int GATE = 1;
    private static final int SPEAKER = 1 << 1;
    private static final int REFRESH = 1 << 4;
    private static final int OUTPUT = 1 << 5;

    /** A guest that asks for more interrupts gets no more than one in so many nanoseconds. */
    private static final long SHORTEST_PERIOD = 50_000;

    private final Clock clock;
    private final InterruptLine line;
    private final Clock.Alarm alarm;
    private final PitChannel[] channels;
    private int speakerControl;
    private boolean refresh;
    private long next = -1;

    /**
     * Makes a timer that does not count yet.
     *
     * @param line counter 0's interrupt, which rises with its output
     * @param clock the time that it counts by
     */
    public Pit(InterruptLine line, Clock clock) {
        this.line = line;
        this.clock = clock;
        this.alarm = clock.alarm(this::ring);
        this.channels =
                new PitChannel[] {new PitChannel(clock, true), new PitChannel(clock, true), new PitChannel(clock, false)
                };
    }

    private synchronized void ring() {
        if (next < 0 || clock.nanos() < next) {
            return;
        }
        line.set(true);
        line.set(false);
        long rise = channels[0].nextRise();
        arm(rise < 0 ? rise : Math.max(rise, clock.nanos() + SHORTEST_PERIOD));
    }

    @Override
    public synchronized void transfer(StateStream state) {
        state.section("interval timer");
        speakerControl = state.number(speakerControl, 0, GATE | SPEAKER);
        refresh = state.flag(refresh);
        for (PitChannel channel : channels) {
            channel.transfer(state);
        }
        long saved = state.number(next);
        if (state.isLoading()) {
            arm(saved);
        }
    }

    private void arm(long nanos) {
        next = nanos;
        if (nanos < 0) {
            alarm.cancel();
        } else {
            alarm.set(nanos);
        }
    }

    @Override
    public synchronized int in(int offset) {
        return offset >= CONTROL ? 0xFF : channels[offset].read();
    }

    @Override
    public synchronized void out(int offset, int value) {
        if (offset == CONTROL) {
            control(value);
        } else if (offset < CONTROL && channels[offset].write(value) && offset == 0) {
            arm(channels[0].nextRise());
        }
    }

    private void control(int value) {
        int channel = value >> 6;
        if (channel == READ_BACK) {
            for (int i = 0; i < channels.length; i++) {
                if ((value >> i + 1 & 1) != 0) {
                    readBack(channels[i], value);
                }
            }
        } else if ((value >> 4 & 0b11) == 0) {
            channels[channel].latchCount();
        } else {
            channels[channel].control(value);
            if (channel == 0) {
                arm(-1);
            }
        }
    }

    private static void readBack(PitChannel channel, int value) {
        if ((value & 1 << 5) == 0) {
            channel.latchCount();
        }
        if ((value & 1 << 4) == 0) {
            channel.latchStatus();
        }
    }

    /**
     * {@return port 0x61: bit 0 is counter 2's gate, bit 1 would be the speaker, bit 4 changes with every read, as the
     * refresh of memory did, and bit 5 is counter 2's output}
     */
    public Device speaker() {
        return new BytePorts() {
            @Override
            public int in(int offset) {
                return readSpeaker();
            }

            @Override
            public void out(int offset, int value) {
                setSpeaker(value);
            }
        };
    }

    private synchronized int readSpeaker() {
        refresh = !refresh;
        return speakerControl | (refresh ? REFRESH : 0) | (channels[2].output() ? OUTPUT : 0);
    }

    private synchronized void setSpeaker(int value) {
        speakerControl = value & (GATE | SPEAKER);
        channels[2].setGate((value & GATE) != 0);
    }
}
