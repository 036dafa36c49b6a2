package belljar.kvm;

import belljar.machine.Clock;
import belljar.machine.LocalApic;
import belljar.machine.StateStream;

/**
 * The model-specific registers that KVM leaves to us: those of our APIC, and those that it has not but guests touch.
 */
final class KvmMsrs {
    private static final int APIC_BASE = 0x1B;

    private final LocalApic apic;
    private final Clock clock;
    private final KvmRegisters registers;
    private final KvmTime time;
    private long deadline;

    /** What {@link #read} found. */
    long value;

    KvmMsrs(LocalApic apic, Clock clock, KvmRegisters registers, KvmTime time) {
        this.apic = apic;
        this.clock = clock;
        this.registers = registers;
        this.time = time;
        // The guest's time stamp counter is the processor's; deadlines are brought to the clock's scale here.
        apic.setTscOffset(0);
    }

    /** Saves or loads what is kept here. */
    void transfer(StateStream state) {
        deadline = state.number(deadline);
    }

    /** {@return whether there is such a register; if not the CPU raises #GP} The value is in {@link #value}. */
    boolean read(int number) {
        value = 0;
        if (isX2apic(number)) {
            value = apic.readMsr(number);
            return apic.isReadable(number);
        }
        switch (number) {
            case APIC_BASE -> value = apic.base();
            case LocalApic.MSR_TSC_DEADLINE -> value = apic.tscDeadline() == 0 ? 0 : deadline;
            default -> {
                return isTolerated(number);
            }
        }
        return true;
    }

    /** {@return whether the register can be written so; if not the CPU raises #GP} */
    boolean write(int number, long to) {
        if (isX2apic(number)) {
            return apic.writeMsr(number, to);
        }
        switch (number) {
            case APIC_BASE -> {
                return apic.setBase(to);
            }
            case LocalApic.MSR_TSC_DEADLINE -> setDeadline(to);
            default -> {
                return isTolerated(number);
            }
        }
        return true;
    }

    private void setDeadline(long to) {
        deadline = to;
        if (to == 0) {
            apic.setTscDeadline(0);
            return;
        }
        long left = to - registers.tsc();
        if (left <= 0) {
            apic.setTscDeadline(1);
        } else {
            // Ticks of more than some hundred days are as good as never.
            double nanos = (double) left * 1_000_000 / time.khz();
            apic.setTscDeadline(clock.nanos() + (long) Math.min(nanos, 1e18));
        }
    }

    private static boolean isX2apic(int number) {
        return number >= LocalApic.MSR_FIRST && number < LocalApic.MSR_FIRST + 64;
    }

    /** Registers of real processors that guests read or write without asking CPUID; they do nothing here. */
    private static boolean isTolerated(int number) {
        return switch (number) {
            case 0x17, 0x34, 0x3A, 0x48, 0x49, 0x79, 0x8B, 0xCE, 0x10A, 0x122, 0x123, 0x140, 0x1FC, 0x606 -> true;
            case 0xC001_0010, 0xC001_0015, 0xC001_001F, 0xC001_0055, 0xC001_1029 -> true;
            default -> false;
        };
    }
}
