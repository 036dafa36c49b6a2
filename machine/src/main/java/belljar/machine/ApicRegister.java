package belljar.machine;

/**
 * The registers of a local APIC by number (Intel SDM volume 3, tables 11-1 and 11-6): as xAPIC each is at its number
 * times 16, as x2APIC in the MSR 0x800 plus its number.
 */
final class ApicRegister {
    static final int ID = 0x02;
    static final int VERSION = 0x03;
    static final int TASK_PRIORITY = 0x08;
    static final int PROCESSOR_PRIORITY = 0x0A;
    static final int EOI = 0x0B;
    static final int LOGICAL_DESTINATION = 0x0D;
    static final int DESTINATION_FORMAT = 0x0E;
    static final int SPURIOUS = 0x0F;
    static final int IN_SERVICE = 0x10;
    static final int ERROR_STATUS = 0x28;
    static final int COMMAND_LOW = 0x30;
    static final int COMMAND_HIGH = 0x31;
    static final int LVT_TIMER = 0x32;
    static final int LVT_ERROR = 0x37;
    static final int INITIAL_COUNT = 0x38;
    static final int CURRENT_COUNT = 0x39;
    static final int DIVIDE = 0x3E;
    static final int SELF_INTERRUPT = 0x3F;

    /** The bits of the interrupt command register's lower half. */
    static final int COMMAND_DEFINED = 0xCCFFF;

    private ApicRegister() {}

    static boolean isLvt(int number) {
        return number >= LVT_TIMER && number <= LVT_ERROR;
    }

    /** Whether a register can be read in x2APIC mode. */
    static boolean isReadable(int number) {
        return switch (number) {
            case ID, VERSION, TASK_PRIORITY, PROCESSOR_PRIORITY, LOGICAL_DESTINATION, SPURIOUS, DIVIDE -> true;
            case COMMAND_HIGH -> false;
            default ->
                number >= IN_SERVICE && number <= ERROR_STATUS || number >= COMMAND_LOW && number <= CURRENT_COUNT;
        };
    }

    /** Which bits of a register may be set in x2APIC mode; -1 if it cannot be written. */
    static long writable(int number) {
        return switch (number) {
            case TASK_PRIORITY, SELF_INTERRUPT -> 0xFF;
            case EOI, ERROR_STATUS -> 0;
            case SPURIOUS -> ApicState.SPURIOUS_WRITABLE;
            case COMMAND_LOW -> COMMAND_DEFINED;
            case INITIAL_COUNT -> 0xFFFF_FFFFL;
            case DIVIDE -> 0b1011;
            default -> isLvt(number) ? ApicState.lvtDefined(number - LVT_TIMER) : -1;
        };
    }
}
