package belljar.machine;

import java.util.Objects;

/**
 * An I/O APIC with 24 pins (Intel 82093AA datasheet, section 3), with the EOI register of later ones (version 0x20). It
 * answers at 0xFEC00000 as a rule. Polarity bits are kept and have no effect: a high {@link InterruptLine} asserts.
 *
 * <p>Safe for use by several threads. CPUs are signalled while the lock is held, so that levels and interrupts keep
 * their order: {@link CpuSignals} may not wait for anybody who sets a line.
 */
public final class IoApic implements Device, Stateful {
    /** How many pins it has. */
    public static final int PINS = 24;

    private static final int SELECT = 0x00;
    private static final int WINDOW = 0x10;
    private static final int EOI = 0x40;

    private static final int REGISTER_ID = 0;
    private static final int REGISTER_VERSION = 1;
    private static final int REGISTER_ARBITRATION = 2;
    private static final int FIRST_ENTRY = 0x10;
    private static final int VERSION = 0x20 | PINS - 1 << 16;

    private static final long LOGICAL = 1 << 11;
    private static final long STATUS = 1 << 12;
    private static final long REMOTE_IRR = 1 << 14;
    private static final long LEVEL = 1 << 15;
    private static final long MASKED = 1 << 16;
    private static final long READ_ONLY = STATUS | REMOTE_IRR;
    private static final long DEFINED = 0xFF00_0000_0001_FFFFL;

    private final ApicBus bus;
    private final long[] entries = new long[PINS];
    private final int[] wiresHigh = new int[PINS];
    private int selected;
    private int id;

    /**
     * Makes an I/O APIC in its state at reset: all pins masked.
     *
     * @param bus where its interrupts go
     */
    public IoApic(ApicBus bus) {
        this.bus = bus;
        reset();
        bus.add(this);
    }

    /** Goes back to the state at reset. The wires keep their levels. */
    public synchronized void reset() {
        selected = 0;
        id = 0;
        for (int pin = 0; pin < PINS; pin++) {
            entries[pin] = MASKED;
        }
    }

    /**
     * {@return a new wire to a pin, which is low} The pin is high while any of its wires is.
     *
     * @param pin its number, 0 to 23
     */
    public InterruptLine line(int pin) {
        return new Wire(Objects.checkIndex(pin, PINS));
    }

    private final class Wire implements InterruptLine {
        private final int pin;
        private boolean level;

        private Wire(int pin) {
            this.pin = pin;
        }

        @Override
        public void set(boolean high) {
            synchronized (IoApic.this) {
                if (level != high) {
                    level = high;
                    wiresHigh[pin] += high ? 1 : -1;
                    if (high && wiresHigh[pin] == 1) {
                        raise(pin);
                    }
                }
            }
        }
    }

    /** Sends a pin's interrupt, unless it is masked or, level-triggered, still being handled. */
    private void raise(int pin) {
        long entry = entries[pin];
        if ((entry & (MASKED | REMOTE_IRR)) != 0) {
            return;
        }
        boolean level = (entry & LEVEL) != 0;
        boolean taken = bus.deliver(
                (int) (entry >>> 56), (entry & LOGICAL) != 0, (int) (entry >> 8 & 0b111), (int) (entry & 0xFF), level);
        if (level && taken) {
            entries[pin] |= REMOTE_IRR;
        }
    }

    /**
     * Saves or loads its registers. The levels of the wires are the devices', which set them as they are loaded; so it
     * is loaded behind them, and what they raise meanwhile meets masked pins.
     */
    @Override
    public synchronized void transfer(StateStream state) {
        state.section("I/O APIC");
        selected = state.number(selected, 0, 0xFF);
        id = state.number(id, 0, 0xF);
        for (int pin = 0; pin < PINS; pin++) {
            entries[pin] = state.number(entries[pin]) & DEFINED;
        }
    }

    private void raiseIfLevel(int pin) {
        if ((entries[pin] & LEVEL) != 0 && wiresHigh[pin] > 0) {
            raise(pin);
        }
    }

    /** A CPU has done with a level-triggered interrupt; pins that are still high interrupt again. */
    synchronized void endOfInterrupt(int vector) {
        for (int pin = 0; pin < PINS; pin++) {
            if ((entries[pin] & REMOTE_IRR) != 0 && (entries[pin] & 0xFF) == vector) {
                entries[pin] &= ~REMOTE_IRR;
                raiseIfLevel(pin);
            }
        }
    }

    @Override
    public synchronized long read(long offset, int size) {
        if (offset == SELECT) {
            return selected;
        }
        return offset == WINDOW ? Integer.toUnsignedLong(register()) : 0;
    }

    private int register() {
        int index = selected - FIRST_ENTRY;
        if (index >= 0 && index < 2 * PINS) {
            return (int) (entries[index / 2] >>> (index & 1) * 32);
        }
        return switch (selected) {
            case REGISTER_ID, REGISTER_ARBITRATION -> id << 24;
            case REGISTER_VERSION -> VERSION;
            default -> 0;
        };
    }

    @Override
    public void write(long offset, int size, long value) {
        if (offset == SELECT) {
            synchronized (this) {
                selected = (int) value & 0xFF;
            }
        } else if (offset == WINDOW) {
            setRegister((int) value);
        } else if (offset == EOI) {
            endOfInterrupt((int) value & 0xFF);
        }
    }

    private synchronized void setRegister(int value) {
        int index = selected - FIRST_ENTRY;
        if (index >= 0 && index < 2 * PINS) {
            int pin = index / 2;
            int shift = (index & 1) * 32;
            long half = 0xFFFF_FFFFL << shift;
            long writable = DEFINED & ~READ_ONLY & half;
            long entry = entries[pin] & ~writable | Integer.toUnsignedLong(value) << shift & writable;
            // An edge-triggered pin has no remote IRR; drivers clear a stuck one by such a write.
            entries[pin] = (entry & LEVEL) == 0 ? entry & ~REMOTE_IRR : entry;
            raiseIfLevel(pin);
        } else if (selected == REGISTER_ID) {
            id = value >>> 24 & 0xF;
        }
    }
}
