package belljar.machine;

/**
 * The interrupts of a local APIC: what is requested and what is in service, the priorities, the local vector table with
 * its two pins, and errors. Guarded by the APIC's lock, but for {@link #pending}. Methods that request an interrupt say
 * whether the CPU is to be told.
 */
final class ApicState {
    /** Entries of the local vector table: timer, thermal, performance counters, LINT0, LINT1, error. */
    static final int LVT_ENTRIES = 6;

    static final int LVT_LINT0 = 3;
    static final int LVT_ERROR = 5;

    static final int ERROR_SEND_VECTOR = 1 << 5;
    static final int ERROR_REGISTER = 1 << 7;
    static final int FIRST_VECTOR = 16;
    static final int SPURIOUS_WRITABLE = 0x13FF;

    private static final int ERROR_RECEIVE_VECTOR = 1 << 6;
    private static final int SOFTWARE_ENABLED = 1 << 8;
    private static final int WITHHOLD_BROADCAST = 1 << 12;
    private static final int MASKED = 1 << 16;
    private static final int LEVEL = 1 << 15;
    private static final int REMOTE_IRR = 1 << 14;
    private static final int LVT_READ_ONLY = 0x5000;
    private static final int[] LVT_WRITABLE = {0x700FF, 0x107FF, 0x107FF, 0x1A7FF, 0x1A7FF, 0x100FF};

    private final VectorSet requested = new VectorSet();
    private final VectorSet inService = new VectorSet();
    private final VectorSet levelTriggered = new VectorSet();
    private final int[] lvt = new int[LVT_ENTRIES];
    private final boolean[] pinHigh = new boolean[2];
    private int taskPriority;
    private int spurious;
    private int errors;
    private int errorStatus;

    /** Whether an interrupt above the processor priority is requested. */
    private volatile boolean pending;

    void reset() {
        requested.clear();
        inService.clear();
        levelTriggered.clear();
        for (int i = 0; i < lvt.length; i++) {
            lvt[i] = MASKED;
        }
        taskPriority = 0;
        spurious = 0xFF;
        errors = 0;
        errorStatus = 0;
        pending = false;
    }

    void transfer(StateStream state) {
        requested.transfer(state);
        inService.transfer(state);
        levelTriggered.transfer(state);
        state.numbers(lvt);
        for (int pin = 0; pin < pinHigh.length; pin++) {
            pinHigh[pin] = state.flag(pinHigh[pin]);
        }
        taskPriority = state.number(taskPriority, 0, 0xFF);
        spurious = state.number(spurious) & SPURIOUS_WRITABLE;
        errors = state.number(errors);
        errorStatus = state.number(errorStatus);
        refresh();
    }

    boolean pending() {
        return pending;
    }

    /** Sets {@link #pending} anew; says whether it is now. */
    private boolean refresh() {
        pending = requested.highest() >> 4 > processorPriority() >> 4;
        return pending;
    }

    /** SDM 11.8.3.1: the higher of the task's priority and that of the interrupt in service. */
    int processorPriority() {
        int service = Math.max(inService.highest(), 0);
        return taskPriority >> 4 >= service >> 4 ? taskPriority : service & 0xF0;
    }

    int taskPriority() {
        return taskPriority;
    }

    boolean setTaskPriority(int value) {
        boolean before = pending;
        taskPriority = value & 0xFF;
        return refresh() && !before;
    }

    /** Puts the highest requested interrupt in service; -1 if none is above the processor priority. */
    int acknowledge() {
        if (!pending) {
            return -1;
        }
        int vector = requested.highest();
        requested.remove(vector);
        inService.add(vector);
        refresh();
        return vector;
    }

    boolean request(int vector, boolean level) {
        if (vector < FIRST_VECTOR) {
            return error(ERROR_RECEIVE_VECTOR);
        }
        requested.add(vector);
        levelTriggered.set(vector, level);
        return refresh();
    }

    /** Notes an error (SDM 11.5.3) and requests its interrupt. */
    boolean error(int bit) {
        errors |= bit;
        int vector = lvt[LVT_ERROR] & 0xFF;
        return !masked(LVT_ERROR) && vector >= FIRST_VECTOR && request(vector, false);
    }

    int errorStatus() {
        return errorStatus;
    }

    /** Shows the errors since the last time. */
    void latchErrors() {
        errorStatus = errors;
        errors = 0;
    }

    int spurious() {
        return spurious;
    }

    boolean softwareEnabled() {
        return (spurious & SOFTWARE_ENABLED) != 0;
    }

    /** Writes the spurious vector register. While that disables the APIC, all local interrupts are masked. */
    void setSpurious(int value) {
        spurious = value & SPURIOUS_WRITABLE;
        for (int i = 0; i < lvt.length && !softwareEnabled(); i++) {
            lvt[i] |= MASKED;
        }
    }

    /** Ends the highest interrupt in service; its vector, or -1 if none is. */
    int end() {
        int vector = inService.highest();
        if (vector >= 0) {
            inService.remove(vector);
            endPins(vector);
            refresh();
        }
        return vector;
    }

    /** Whether the I/O APICs are to hear of a vector's end. */
    boolean broadcastsEnd(int vector) {
        return levelTriggered.contains(vector) && (spurious & WITHHOLD_BROADCAST) == 0;
    }

    int lvt(int entry) {
        return lvt[entry];
    }

    void setLvt(int entry, int value) {
        int kept = (value & LEVEL) != 0 ? lvt[entry] & REMOTE_IRR : 0;
        lvt[entry] = value & LVT_WRITABLE[entry] | kept | (softwareEnabled() ? 0 : MASKED);
    }

    /** The bits of an entry that a write may have, be they writable or read-only. */
    static int lvtDefined(int entry) {
        return LVT_WRITABLE[entry] | LVT_READ_ONLY;
    }

    private boolean masked(int entry) {
        return (lvt[entry] & MASKED) != 0;
    }

    /** Requests the interrupt of an entry that knows only fixed ones. */
    boolean requestLocal(int entry) {
        return !masked(entry) && request(lvt[entry] & 0xFF, false);
    }

    /** Sets the level of a local pin; what a rise means is the delivery mode, or -1 for nothing. */
    int setPin(int pin, boolean high) {
        int entry = LVT_LINT0 + pin;
        boolean rises = high && !pinHigh[pin];
        pinHigh[pin] = high;
        return rises && !masked(entry) ? lvt[entry] >> 8 & 0b111 : -1;
    }

    /** Requests the fixed interrupt of a local pin. */
    boolean requestPin(int pin) {
        int entry = LVT_LINT0 + pin;
        boolean level = (lvt[entry] & LEVEL) != 0;
        if (level) {
            lvt[entry] |= REMOTE_IRR;
        }
        return request(lvt[entry] & 0xFF, level);
    }

    /** A level-triggered pin that is still high interrupts again. */
    private void endPins(int vector) {
        for (int pin = 0; pin < pinHigh.length; pin++) {
            int entry = LVT_LINT0 + pin;
            if ((lvt[entry] & REMOTE_IRR) != 0 && (lvt[entry] & 0xFF) == vector) {
                lvt[entry] &= ~REMOTE_IRR;
                if (pinHigh[pin] && !masked(entry)) {
                    requestPin(pin);
                }
            }
        }
    }

    /** One of the 24 registers of 32 bits that show in service, trigger mode and requested, in this order. */
    int word(int number) {
        VectorSet set = number < 8 ? inService : number < 16 ? levelTriggered : requested;
        return set.word(number & 7);
    }
}
