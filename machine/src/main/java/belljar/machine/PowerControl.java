package belljar.machine;

import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/**
 * Whether a machine runs, and the registers by which a guest ends that: those of ACPI, of a PC's chipset and keyboard
 * controller, and one for kernels under test. A machine that is off or to be reset stays so; what comes after is up to
 * the owner.
 *
 * <p>Safe for use by several threads.
 */
public final class PowerControl implements Stateful {
    /** What {@link PowerControl} knows of a machine. */
    public enum State {
        /** The guest runs. */
        RUNNING,
        /** The guest has powered the machine off, or somebody outside has. */
        OFF,
        /** The guest wants to be started anew, or somebody outside wants that. */
        RESET
    }

    /** ACPI 6.5, 4.8.3.7: bits of the sleep control and status registers. */
    private static final int SLEEP_ENABLE = 1 << 5;

    private static final int SLEEP_TYPE = 0b111 << 2;
    private static final int TYPE_OFF = 5 << 2;

    private static final int RESET_VALUE = 1;
    private static final int RESET_CPU = 1 << 2;
    private static final int RESET_CONTROL = 0b1110;
    private static final int PULSE_RESET = 0xFE;

    /** All ones, as where there is no keyboard controller, but for "input buffer full", which restarts wait for. */
    private static final int NO_KEYBOARD = 0xFD;

    private record End(State state, OptionalInt exitStatus) {}

    private final AtomicReference<End> end = new AtomicReference<>(new End(State.RUNNING, OptionalInt.empty()));
    private final Consumer<State> listener;
    private volatile int sleepType;
    private int lastControl;

    /**
     * Makes the power control of a machine that runs.
     *
     * @param listener told once, when the machine no longer runs, how it stands; on the thread of whoever ended it,
     *     which may be a CPU's
     */
    public PowerControl(Consumer<State> listener) {
        this.listener = listener;
    }

    /** {@return whether the machine runs} */
    public State state() {
        return end.get().state();
    }

    /** {@return what a kernel under test gave as its exit status by {@link #debugExit}; empty if it was not that} */
    public OptionalInt exitStatus() {
        return end.get().exitStatus();
    }

    /** Powers the machine off, unless it has ended before. */
    public void powerOff() {
        end(State.OFF, OptionalInt.empty());
    }

    /** Has the machine reset, unless it has ended before. */
    public void reset() {
        end(State.RESET, OptionalInt.empty());
    }

    /** Saves or loads the registers. Only a machine that runs is saved. */
    @Override
    public synchronized void transfer(StateStream state) {
        state.section("power control");
        sleepType = state.number(sleepType) & SLEEP_TYPE;
        lastControl = state.number(lastControl) & RESET_CONTROL;
    }

    private void end(State state, OptionalInt exitStatus) {
        End now = end.get();
        if (now.state() == State.RUNNING && end.compareAndSet(now, new End(state, exitStatus))) {
            listener.accept(state);
        }
    }

    /**
     * {@return the sleep control register (offset 0) and sleep status register (offset 1) of hardware-reduced ACPI} The
     * one sleep state is S5, whose SLP_TYP is 5.
     */
    public Device sleepRegisters() {
        return new SleepRegisters();
    }

    private final class SleepRegisters implements BytePorts {
        @Override
        public int in(int offset) {
            // Without a sleep to wake from, the wake status never gets set.
            return offset == 0 ? sleepType : 0;
        }

        @Override
        public void out(int offset, int value) {
            if (offset == 0) {
                int type = value & SLEEP_TYPE;
                sleepType = type;
                if ((value & SLEEP_ENABLE) != 0 && type == TYPE_OFF) {
                    powerOff();
                }
            }
        }
    }

    /** {@return ACPI's reset register (6.5, 4.8.3.6): one byte, to which 1 is written} */
    public Device resetRegister() {
        return new OneRegister(0) {
            @Override
            void written(int value) {
                if (value == RESET_VALUE) {
                    reset();
                }
            }
        };
    }

    /** {@return a chipset's reset control register, port 0xCF9: bit 2 resets when it becomes 1} */
    public Device resetControl() {
        return new BytePorts() {
            @Override
            public int in(int offset) {
                return control();
            }

            @Override
            public void out(int offset, int value) {
                if (setControl(value)) {
                    reset();
                }
            }
        };
    }

    private synchronized int control() {
        return lastControl;
    }

    private synchronized boolean setControl(int value) {
        boolean rises = (value & ~lastControl & RESET_CPU) != 0;
        lastControl = value & RESET_CONTROL;
        return rises;
    }

    /** {@return the command port of a keyboard controller, port 0x64, which knows only how to reset} */
    public Device keyboardController() {
        return new OneRegister(NO_KEYBOARD) {
            @Override
            void written(int value) {
                if (value == PULSE_RESET) {
                    reset();
                }
            }
        };
    }

    /**
     * {@return a port, 0xF4 as a rule, that powers the machine off with an exit status} The status is the value's low
     * 31 bits, shifted left by one, plus 1.
     */
    public Device debugExit() {
        return new Device() {
            @Override
            public long read(long offset, int size) {
                return 0;
            }

            @Override
            public void write(long offset, int size, long value) {
                long mask = size < 4 ? (1L << 8 * size) - 1 : 0x7FFF_FFFFL;
                end(State.OFF, OptionalInt.of((int) (value & mask) << 1 | 1));
            }
        };
    }

    /** A register that reads the same always. */
    private abstract static class OneRegister implements BytePorts {
        private final int value;

        OneRegister(int value) {
            this.value = value;
        }

        abstract void written(int value);

        @Override
        public int in(int offset) {
            return value;
        }

        @Override
        public void out(int offset, int value) {
            if (offset == 0) {
                written(value);
            }
        }
    }
}
