package belljar.machine;

import static belljar.machine.ApicRegister.COMMAND_DEFINED;
import static belljar.machine.ApicRegister.COMMAND_HIGH;
import static belljar.machine.ApicRegister.COMMAND_LOW;
import static belljar.machine.ApicRegister.CURRENT_COUNT;
import static belljar.machine.ApicRegister.DESTINATION_FORMAT;
import static belljar.machine.ApicRegister.DIVIDE;
import static belljar.machine.ApicRegister.EOI;
import static belljar.machine.ApicRegister.ERROR_STATUS;
import static belljar.machine.ApicRegister.ID;
import static belljar.machine.ApicRegister.INITIAL_COUNT;
import static belljar.machine.ApicRegister.IN_SERVICE;
import static belljar.machine.ApicRegister.LOGICAL_DESTINATION;
import static belljar.machine.ApicRegister.LVT_TIMER;
import static belljar.machine.ApicRegister.PROCESSOR_PRIORITY;
import static belljar.machine.ApicRegister.SELF_INTERRUPT;
import static belljar.machine.ApicRegister.SPURIOUS;
import static belljar.machine.ApicRegister.TASK_PRIORITY;
import static belljar.machine.ApicRegister.VERSION;

import java.util.Objects;

/**
 * The local APIC of one virtual CPU (Intel SDM volume 3, chapter 11 "Advanced Programmable Interrupt Controller"), both
 * as xAPIC, whose registers the CPU finds in the page at its {@link #base}, and as x2APIC, whose registers are MSRs. A
 * CPU leads accesses to that page to its own APIC, whatever other CPUs have there.
 *
 * <p>There are no spurious interrupts, since a CPU asks and acknowledges in one step, and no interrupts by way of an
 * 8259, since there is none. Safe for use by several threads; CPUs are signalled without a lock held here.
 */
public final class LocalApic implements Device, Stateful {
    /** The MSR with the timer's deadline in TSC deadline mode. */
    public static final int MSR_TSC_DEADLINE = 0x6E0;

    /** The first MSR of x2APIC mode; there are 64. */
    public static final int MSR_FIRST = 0x800;

    /** An integrated APIC with six LVT entries, which can withhold the broadcast of ends of interrupts. */
    private static final int VERSION_VALUE = 0x14 | ApicState.LVT_ENTRIES - 1 << 16 | 1 << 24;

    private static final int BASE_BSP = 1 << 8;
    private static final int BASE_X2APIC = 1 << 10;
    private static final int BASE_ENABLED = 1 << 11;
    private static final long BASE_ADDRESS = 0xFEE0_0000L;
    private static final long BASE_RESERVED = 0xFFFF_FF00_0000_02FFL;

    private final int id;
    private final ApicBus bus;
    private final ApicTimer timer;
    private final ApicDestination destinations;
    private final ApicState state = new ApicState();
    private volatile CpuSignals cpu = CpuSignals.NONE;
    private long base;
    private int commandLow;
    private int commandHigh;

    /**
     * Makes a local APIC in its state at reset and puts it on the bus.
     *
     * @param id its id, 0 to 254; that of 0 is the bootstrap processor's
     * @param clock the time that the timer goes by
     * @param bus what it hears and sends messages by
     */
    public LocalApic(int id, Clock clock, ApicBus bus) {
        this.id = id;
        this.bus = bus;
        this.destinations = new ApicDestination(id);
        this.timer = new ApicTimer(clock, this::ring);
        reset();
        bus.add(this);
    }

    /**
     * Connects the CPU. Before, signals are lost.
     *
     * @param signals what the CPU is told by
     */
    public void attach(CpuSignals signals) {
        cpu = signals;
    }

    /** {@return its id, from 0} */
    public int id() {
        return id;
    }

    /** {@return whether {@link #acknowledge} has a vector to give; cheap enough to ask between any instructions} */
    public boolean pending() {
        return state.pending();
    }

    /** {@return the vector of the interrupt that the CPU delivers now, which is in service from then on; -1 if none} */
    public synchronized int acknowledge() {
        return state.acknowledge();
    }

    /** What decides who gets an interrupt of lowest priority; the highest int if it takes none. */
    synchronized int arbitration() {
        return takesInterrupts() ? state.processorPriority() : Integer.MAX_VALUE;
    }

    /** {@return the task priority as in CR8, 0 to 15} */
    public synchronized int taskPriority() {
        return state.taskPriority() >> 4;
    }

    /**
     * Sets the task priority as a write to CR8 does.
     *
     * @param priority 0 to 15
     */
    public void setTaskPriority(int priority) {
        setTaskPriorityRegister(priority << 4);
    }

    private void setTaskPriorityRegister(int value) {
        boolean tell;
        synchronized (this) {
            tell = state.setTaskPriority(value);
        }
        tell(tell);
    }

    private void tell(boolean interrupt) {
        if (interrupt) {
            cpu.interrupt();
        }
    }

    /** Goes back to the state at power-on. */
    public synchronized void reset() {
        base = BASE_ADDRESS | BASE_ENABLED | (id == 0 ? BASE_BSP : 0);
        initialize();
    }

    /** SDM 11.4.7.3: what INIT does; the base register stays. */
    private synchronized void initialize() {
        state.reset();
        timer.reset();
        destinations.reset();
        commandLow = 0;
        commandHigh = 0;
    }

    @Override
    public synchronized void transfer(StateStream state) {
        state.section("local APIC");
        long loaded = state.number(base);
        boolean x2apic = (loaded & BASE_X2APIC) != 0;
        boolean possible = (loaded & BASE_RESERVED) == 0 && (!x2apic || (loaded & BASE_ENABLED) != 0);
        base = possible ? loaded : base;
        commandLow = state.number(commandLow);
        commandHigh = state.number(commandHigh);
        destinations.transfer(state);
        this.state.transfer(state);
        timer.transfer(state);
    }

    /** {@return the MSR IA32_APIC_BASE: the page's address, bit 8 for the bootstrap CPU, 10 x2APIC mode, 11 enabled} */
    public synchronized long base() {
        return base;
    }

    /**
     * Writes the MSR IA32_APIC_BASE (SDM 11.12.5 "x2APIC State Transitions").
     *
     * @param value the new value
     * @return whether the CPU may do that; if not it raises #GP
     */
    public synchronized boolean setBase(long value) {
        boolean enabled = (value & BASE_ENABLED) != 0;
        boolean x2apic = (value & BASE_X2APIC) != 0;
        boolean off = !isEnabled();
        if ((value & BASE_RESERVED) != 0 || x2apic && (!enabled || off) || isX2apic() && enabled && !x2apic) {
            return false;
        }
        base = value;
        if (!enabled) {
            initialize();
        }
        return true;
    }

    private boolean isEnabled() {
        return (base & BASE_ENABLED) != 0;
    }

    private boolean isX2apic() {
        return (base & BASE_X2APIC) != 0;
    }

    private boolean takesInterrupts() {
        return isEnabled() && state.softwareEnabled();
    }

    /** Whether a message's destination means this APIC. */
    synchronized boolean matches(int destination, boolean wide, boolean logical) {
        return destinations.matches(destination, wide, logical, isX2apic());
    }

    /**
     * Takes a fixed interrupt, for instance from a device that is wired to this CPU.
     *
     * @param vector its vector, 16 to 255; a lower one is noted as an error
     * @param level whether its end is to be told to the I/O APICs
     */
    public void accept(int vector, boolean level) {
        receive(ApicBus.FIXED, vector, level);
    }

    /** Takes a message that is for this APIC; says whether it has. */
    boolean receive(int mode, int vector, boolean level) {
        boolean tell = false;
        synchronized (this) {
            boolean fixed = mode <= ApicBus.LOWEST_PRIORITY;
            if (!isEnabled() || fixed && !takesInterrupts()) {
                return false;
            }
            if (fixed) {
                tell = state.request(vector, level);
            } else if (mode == ApicBus.INIT) {
                initialize();
            }
        }
        tell(tell);
        return signal(mode, vector);
    }

    /** Tells the CPU of what the APIC only hands through; says whether a delivery mode is known. */
    private boolean signal(int mode, int vector) {
        switch (mode) {
            case ApicBus.NMI -> cpu.nmi();
            case ApicBus.INIT -> cpu.init();
            case ApicBus.STARTUP -> cpu.startup(vector);
            default -> {
                return mode <= ApicBus.LOWEST_PRIORITY;
            }
        }
        return true;
    }

    private void noteError(int bit) {
        boolean tell;
        synchronized (this) {
            tell = state.error(bit);
        }
        tell(tell);
    }

    /**
     * {@return a wire to one of the two local pins}
     *
     * @param pin 0 or 1
     */
    public InterruptLine lint(int pin) {
        Objects.checkIndex(pin, 2);
        return high -> {
            int mode;
            boolean tell;
            synchronized (this) {
                mode = state.setPin(pin, high);
                tell = mode == ApicBus.FIXED && state.requestPin(pin);
            }
            tell(tell);
            if (mode == ApicBus.NMI || mode == ApicBus.INIT) {
                receive(mode, 0, false);
            }
        };
    }

    /** The alarm of the timer. */
    private void ring() {
        boolean tell;
        synchronized (this) {
            tell = timer.expire() && state.requestLocal(0);
        }
        tell(tell);
    }

    /** {@return the MSR IA32_TSC_DEADLINE; 0 when the timer is not armed or in another mode} */
    public synchronized long tscDeadline() {
        return timer.tscDeadline();
    }

    /**
     * Writes the MSR IA32_TSC_DEADLINE. Without effect outside TSC deadline mode.
     *
     * @param tsc the time stamp counter's value, unsigned, at which the timer interrupts; 0 disarms it
     */
    public void setTscDeadline(long tsc) {
        synchronized (this) {
            timer.setTscDeadline(tsc);
        }
        ring();
    }

    /**
     * Tells by how much the CPU's time stamp counter differs from the clock.
     *
     * @param offset what is added to {@link Clock#nanos}
     */
    public void setTscOffset(long offset) {
        synchronized (this) {
            timer.setTscOffset(offset);
        }
        ring();
    }

    private void endOfInterrupt() {
        boolean tell;
        boolean broadcast;
        int vector;
        synchronized (this) {
            vector = state.end();
            if (vector < 0) {
                return;
            }
            broadcast = state.broadcastsEnd(vector);
            tell = state.pending();
        }
        if (broadcast) {
            bus.endOfInterrupt(vector);
        }
        tell(tell);
    }

    /** Sends an interrupt as a write to the interrupt command register asks (SDM 11.6.1). */
    private void send(int low, int high, boolean wide) {
        int vector = low & 0xFF;
        int mode = low >> 8 & 0b111;
        boolean level = (low >> 15 & 1) != 0;
        boolean assertion = (low >> 14 & 1) != 0;
        if (mode <= ApicBus.LOWEST_PRIORITY && vector < ApicState.FIRST_VECTOR) {
            noteError(ApicState.ERROR_SEND_VECTOR);
        } else if (mode != ApicBus.INIT || !level || assertion) {
            // INIT level de-assert is known to old CPUs only, which synchronised their arbitration by it.
            switch (low >> 18 & 0b11) {
                case 0 -> bus.send(wide ? high : high >>> 24, wide, (low >> 11 & 1) != 0, mode, vector, false);
                case 1 -> receive(mode, vector, false);
                case 2 -> bus.sendAll(null, mode, vector);
                default -> bus.sendAll(this, mode, vector);
            }
        }
    }

    @Override
    public synchronized long read(long offset, int size) {
        if (!isEnabled() || isX2apic()) {
            return -1;
        }
        int at = (int) offset & 0xF;
        long mask = size < 4 ? (1L << 8 * size) - 1 : 0xFFFF_FFFFL;
        return at >= 4 ? 0 : register((int) offset >> 4) >>> 8 * at & mask;
    }

    /** A register of 32 bits; what is none reads as 0. */
    private int register(int number) {
        if (ApicRegister.isLvt(number)) {
            return state.lvt(number - LVT_TIMER);
        }
        if (number >= IN_SERVICE && number < ERROR_STATUS) {
            return state.word(number - IN_SERVICE);
        }
        return switch (number) {
            case ID -> isX2apic() ? id : id << 24;
            case VERSION -> VERSION_VALUE;
            case TASK_PRIORITY -> state.taskPriority();
            case PROCESSOR_PRIORITY -> state.processorPriority();
            case LOGICAL_DESTINATION -> destinations.logical(isX2apic());
            case DESTINATION_FORMAT -> destinations.format();
            case SPURIOUS -> state.spurious();
            case ERROR_STATUS -> state.errorStatus();
            case COMMAND_LOW -> commandLow;
            case COMMAND_HIGH -> commandHigh;
            case INITIAL_COUNT -> timer.initialCount();
            case CURRENT_COUNT -> timer.currentCount();
            case DIVIDE -> timer.divideConfiguration();
            default -> 0;
        };
    }

    @Override
    public void write(long offset, int size, long value) {
        synchronized (this) {
            if (!isEnabled() || isX2apic() || (offset & 0xF) != 0 || size < 4) {
                return;
            }
        }
        int number = (int) offset >> 4;
        switch (number) {
            case COMMAND_HIGH, LOGICAL_DESTINATION, DESTINATION_FORMAT -> setDestination(number, (int) value);
            case SELF_INTERRUPT -> noteError(ApicState.ERROR_REGISTER);
            default -> setRegister(number, (int) value);
        }
    }

    /** Writes a register that only xAPIC mode has, or lets one write. */
    private synchronized void setDestination(int number, int value) {
        switch (number) {
            case COMMAND_HIGH -> commandHigh = value & 0xFF00_0000;
            case LOGICAL_DESTINATION -> destinations.setLogical(value);
            default -> destinations.setFormat(value);
        }
    }

    /** Writes a register that both modes have. */
    private void setRegister(int number, int value) {
        switch (number) {
            case TASK_PRIORITY -> setTaskPriorityRegister(value);
            case EOI -> endOfInterrupt();
            case COMMAND_LOW -> {
                int high;
                boolean wide;
                synchronized (this) {
                    commandLow = value & COMMAND_DEFINED;
                    high = commandHigh;
                    wide = isX2apic();
                }
                send(value, high, wide);
            }
            case INITIAL_COUNT, DIVIDE, ERROR_STATUS, SPURIOUS -> setPlain(number, value);
            default -> {
                if (ApicRegister.isLvt(number)) {
                    setPlain(number, value);
                } else if (number != ID && number != VERSION) {
                    noteError(ApicState.ERROR_REGISTER);
                }
            }
        }
    }

    private synchronized void setPlain(int number, int value) {
        switch (number) {
            case INITIAL_COUNT -> timer.setInitialCount(value);
            case DIVIDE -> timer.setDivideConfiguration(value);
            // SDM 11.5.3: a write shows the errors since the last one.
            case ERROR_STATUS -> state.latchErrors();
            case SPURIOUS -> state.setSpurious(value);
            case LVT_TIMER -> {
                state.setLvt(0, value);
                timer.setMode(value >> 17 & 0b11);
            }
            default -> state.setLvt(number - LVT_TIMER, value);
        }
    }

    /**
     * {@return whether an MSR can be read; if not the CPU raises #GP}
     *
     * @param msr 0x800 to 0x83F
     */
    public synchronized boolean isReadable(int msr) {
        return isX2apic() && ApicRegister.isReadable(msr - MSR_FIRST);
    }

    /**
     * {@return a register of x2APIC mode; 0 where there is none, which {@link #isReadable} tells}
     *
     * @param msr 0x800 to 0x83F
     */
    public synchronized long readMsr(int msr) {
        if (!isReadable(msr)) {
            return 0;
        }
        long low = Integer.toUnsignedLong(register(msr - MSR_FIRST));
        return msr - MSR_FIRST == COMMAND_LOW ? low | (long) commandHigh << 32 : low;
    }

    /**
     * Writes a register of x2APIC mode (SDM 11.12.1.2 "x2APIC Register Address Space").
     *
     * @param msr 0x800 to 0x83F
     * @param value the value
     * @return whether the CPU may do that; if not it raises #GP
     */
    public boolean writeMsr(int msr, long value) {
        int number = msr - MSR_FIRST;
        boolean command = number == COMMAND_LOW;
        long writable = ApicRegister.writable(number);
        synchronized (this) {
            if (!isX2apic() || writable < 0 || (value & ~writable & (command ? 0xFFFF_FFFFL : -1L)) != 0) {
                return false;
            }
            if (command) {
                commandHigh = (int) (value >>> 32);
            }
        }
        if (number == SELF_INTERRUPT) {
            send((int) value | 1 << 18, 0, true);
        } else {
            setRegister(number, (int) value);
        }
        return true;
    }
}
