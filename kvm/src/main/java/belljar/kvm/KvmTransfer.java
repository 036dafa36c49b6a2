package belljar.kvm;

import belljar.linux.Caller;
import belljar.linux.Errno;
import belljar.linux.Memory;
import belljar.linux.Nr;
import belljar.machine.StateReader;
import belljar.machine.StateStream;

/**
 * What KVM has of a CPU, on its way to a snapshot and back, as the structures of {@code asm/kvm.h}. The order is that
 * in which KVM takes them: what the CPU can do first, since that decides what else it has; the general registers after
 * the segments and before the exceptions on their way, which they would clear.
 *
 * <p>KVM_GET_MP_STATE has nothing to say here: without an APIC in the kernel a CPU is always able to run for KVM, and
 * whether it waits or has halted is known by {@link KvmCpu}. Of time stamp counters {@link KvmTime} takes care.
 */
final class KvmTransfer {
    private static final int REGISTERS_OF_CONTROL = 280;
    private static final int CR8_AT = 256;
    private static final int APIC_BASE_AT = 272;
    private static final int PRESENT_AT = 512;
    private static final long X87_AND_SSE = 3;
    private static final int XCR0_AT = 16;
    private static final int EVENT_FLAGS_AT = 20;
    private static final int EVENT_SMI_AT = 24;

    /** NMI pending, shadow, payload, triple fault: all that a machine without SMM and an APIC in KVM can have. */
    private static final int EVENT_FLAGS = 1 | 4 | 0x10 | 0x20;

    /**
     * What a guest may have written of what CPUID shows it, and KVM keeps: SYSENTER_CS, _ESP and _EIP, STAR, LSTAR,
     * CSTAR, SFMASK, KERNEL_GS_BASE, TSC_AUX, PAT, MISC_ENABLE, DEBUGCTL, and where KVM's clock is to be written. That
     * for KVM's wall clock is missing: a write to it is no setting but an order to write the time of day, once.
     */
    private static final int[] MSRS = {
        0x174,
        0x175,
        0x176,
        0xC000_0081,
        0xC000_0082,
        0xC000_0083,
        0xC000_0084,
        0xC000_0102,
        0xC000_0103,
        0x277,
        0x1A0,
        0x1D9,
        0x4B56_4D01
    };

    private final Caller kernel;
    private final int fd;
    private final int number;
    private final boolean hasSregs2;

    /**
     * Makes one.
     *
     * @param kvm what the CPU is in
     * @param fd its descriptor
     * @param number its number
     */
    KvmTransfer(Kvm kvm, int fd, int number) {
        this.kernel = kvm.kernel();
        this.fd = fd;
        this.number = number;
        this.hasSregs2 = kvm.has(Ioctl.CAP_SREGS2);
    }

    /**
     * Saves or loads all.
     *
     * @param state where to, or where from
     * @param cpuid what the CPU can do, as in KVM_SET_CPUID2
     */
    void transfer(StateStream state, byte[] cpuid) {
        try (Memory memory = kernel.lend()) {
            abilities(state, memory, cpuid);
            segments(state, memory);
            long regs = memory.allocate(Ioctl.REGS_SIZE);
            get(state, Ioctl.GET_REGS, regs, "registers");
            pass(state, memory, regs, Ioctl.REGS_SIZE);
            set(state, Ioctl.SET_REGS, regs, "registers");
            floatingPoint(state, memory);
            long debug = memory.allocate(Ioctl.DEBUG_SIZE);
            get(state, Ioctl.GET_DEBUGREGS, debug, "debug registers");
            pass(state, memory, debug, Ioctl.DEBUG_SIZE);
            set(state, Ioctl.SET_DEBUGREGS, debug, "debug registers");
            msrs(state, memory);
            events(state, memory);
        }
    }

    private void abilities(StateStream state, Memory memory, byte[] cpuid) {
        byte[] saved = state.bytes(cpuid, KvmCpuid.MOST_BYTES);
        if (state instanceof StateReader reader) {
            KvmCpuid.checkFits(reader, saved, cpuid);
            long list = memory.allocate(8 + saved.length);
            memory.putInt(list, saved.length / KvmCpuid.ENTRY);
            memory.bytes().put(memory.offset(list) + 8, saved);
            set(state, Ioctl.SET_CPUID2, list, "abilities");
        }
    }

    /** In the form of {@code struct kvm_sregs2}, whose first part is that of the older structure too. */
    private void segments(StateStream state, Memory memory) {
        long sregs = memory.allocate(Ioctl.SREGS2_SIZE);
        control(hasSregs2 ? Ioctl.GET_SREGS2 : Ioctl.GET_SREGS, sregs, "segments");
        // The APIC's, which are not KVM's to know.
        long cr8 = memory.getLong(sregs + CR8_AT);
        long apicBase = memory.getLong(sregs + APIC_BASE_AT);
        // An interrupt on its way, which the events have too, stands where the newer structure has flags.
        clearOld(memory, sregs);
        pass(state, memory, sregs, Ioctl.SREGS2_SIZE);
        clearOld(memory, sregs);
        memory.putLong(sregs + CR8_AT, cr8);
        memory.putLong(sregs + APIC_BASE_AT, apicBase);
        set(state, hasSregs2 ? Ioctl.SET_SREGS2 : Ioctl.SET_SREGS, sregs, "segments");
    }

    private void clearOld(Memory memory, long sregs) {
        for (int i = REGISTERS_OF_CONTROL; !hasSregs2 && i < Ioctl.SREGS2_SIZE; i += 8) {
            memory.putLong(sregs + i, 0);
        }
    }

    private void floatingPoint(StateStream state, Memory memory) {
        long xcrs = memory.allocate(Ioctl.XCRS_SIZE);
        get(state, Ioctl.GET_XCRS, xcrs, "extended control registers");
        long xcr0 = state.number(memory.getLong(xcrs + XCR0_AT));
        memory.putInt(xcrs, 1);
        memory.putLong(xcrs + XCR0_AT, xcr0);
        set(state, Ioctl.SET_XCRS, xcrs, "extended control registers");
        long area = memory.allocate(Ioctl.XSAVE_SIZE);
        get(state, Ioctl.GET_XSAVE, area, "FPU's registers");
        // What the guest cannot see is not saved, so that a host without it can be gone on with.
        memory.putLong(area + PRESENT_AT, memory.getLong(area + PRESENT_AT) & (xcr0 | X87_AND_SSE));
        pass(state, memory, area, Ioctl.XSAVE_SIZE);
        set(state, Ioctl.SET_XSAVE, area, "FPU's registers");
    }

    private void msrs(StateStream state, Memory memory) {
        long list = memory.allocate(24);
        memory.putInt(list, 1);
        int[] numbers = new int[MSRS.length];
        long[] values = new long[MSRS.length];
        int count = 0;
        for (int msr : MSRS) {
            memory.putInt(list + 8, msr);
            if (!state.isLoading() && kernel.call(Nr.IOCTL, fd, Ioctl.GET_MSRS, list) == 1) {
                numbers[count] = msr;
                values[count++] = memory.getLong(list + 16);
            }
        }
        count = state.number(count, 0, MSRS.length);
        for (int i = 0; i < count; i++) {
            int msr = state.number(numbers[i]);
            long value = state.number(values[i]);
            if (state instanceof StateReader reader) {
                memory.putInt(list + 8, msr);
                memory.putLong(list + 16, value);
                load(reader, msr, value, list);
            }
        }
    }

    private void load(StateReader reader, int msr, long value, long list) {
        boolean known = false;
        for (int each : MSRS) {
            known |= each == msr;
        }
        if (!known) {
            throw reader.damaged("the model-specific register 0x" + Integer.toHexString(msr));
        }
        long done = kernel.call(Nr.IOCTL, fd, Ioctl.SET_MSRS, list);
        // What was never written may well be missing here.
        if (done != 1 && value != 0) {
            throw reader.unfit(
                    "this host's KVM",
                    "it refuses 0x" + Long.toHexString(value) + " for the model-specific register 0x"
                            + Integer.toHexString(msr) + " of virtual CPU " + number);
        }
    }

    private void events(StateStream state, Memory memory) {
        long events = memory.allocate(Ioctl.EVENTS_SIZE);
        get(state, Ioctl.GET_VCPU_EVENTS, events, "interrupts and exceptions");
        pass(state, memory, events, Ioctl.EVENTS_SIZE);
        memory.putInt(events + EVENT_FLAGS_AT, memory.getInt(events + EVENT_FLAGS_AT) & EVENT_FLAGS);
        memory.putInt(events + EVENT_SMI_AT, 0);
        set(state, Ioctl.SET_VCPU_EVENTS, events, "interrupts and exceptions");
    }

    private static void pass(StateStream state, Memory memory, long at, int size) {
        byte[] content = new byte[size];
        memory.bytes().get(memory.offset(at), content);
        state.bytes(content);
        memory.bytes().put(memory.offset(at), content);
    }

    private void get(StateStream state, long request, long at, String what) {
        if (!state.isLoading()) {
            control(request, at, what);
        }
    }

    private void control(long request, long at, String what) {
        Errno.check("ioctl", "cannot read the " + what + " of a virtual CPU", kernel.call(Nr.IOCTL, fd, request, at));
    }

    private void set(StateStream state, long request, long at, String what) {
        if (state instanceof StateReader reader) {
            long result = kernel.call(Nr.IOCTL, fd, request, at);
            if (result < 0) {
                throw reader.unfit(
                        "this host's KVM",
                        "it refuses the " + what + " of virtual CPU " + number + " (" + Errno.name((int) -result)
                                + ")");
            }
        }
    }
}
