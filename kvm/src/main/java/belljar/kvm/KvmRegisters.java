package belljar.kvm;

import belljar.linux.Caller;
import belljar.linux.Errno;
import belljar.linux.Memory;
import belljar.linux.Nr;
import belljar.translator.CpuState;
import java.nio.ByteBuffer;

/**
 * The registers of one of KVM's CPUs, read and written through the structures of {@code asm/kvm.h}. For the thread that
 * runs the CPU.
 */
final class KvmRegisters {
    private static final int MSR_TSC = 0x10;

    /** For each of {@code struct kvm_regs} where it stands in {@link CpuState#registers}. */
    private static final int[] ORDER = {0, 3, 1, 2, 6, 7, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17};

    /** For each segment of {@code struct kvm_sregs} its number in {@link CpuState}. */
    private static final int[] SEGMENT_ORDER = {1, 3, 0, 4, 5, 2, 7, 6};

    private static final int SEGMENT_SIZE = 24;
    private static final int TABLES = 192;
    private static final int CONTROL = 224;
    private static final int CR4_AT = CONTROL + 24;
    private static final int CR8_AT = CONTROL + 32;
    private static final int EFER_AT = CONTROL + 40;
    /** Fields of the XSAVE area (SDM volume 1, 13.4); KVM_GET_FPU is of no use since it leaves MXCSR out. */
    private static final int MXCSR_AT = 24;

    private static final int ST_AT = 32;
    private static final int XMM_AT = 160;
    private static final int PRESENT_AT = 512;
    private static final int X87_AND_SSE = 3;
    private static final int[] MSRS = msrs();

    private final Caller kernel;
    private final int fd;
    private final Memory memory;
    private final ByteBuffer bytes;
    private final long regs;
    private final long sregs;
    private final long fpu;
    private final long debug;
    private final long msrs;
    private final long tsc;

    KvmRegisters(Caller kernel, int fd, Memory memory) {
        this.kernel = kernel;
        this.fd = fd;
        this.memory = memory;
        this.bytes = memory.bytes();
        regs = memory.allocate(Ioctl.REGS_SIZE);
        sregs = memory.allocate(Ioctl.SREGS_SIZE);
        fpu = memory.allocate(Ioctl.XSAVE_SIZE);
        debug = memory.allocate(Ioctl.DEBUG_SIZE);
        msrs = memory.allocate(8 + 16 * MSRS.length);
        tsc = memory.allocate(8 + 16);
    }

    private static int[] msrs() {
        int[] numbers = new int[new CpuState().msrs.length];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = CpuState.msrNumber(i);
        }
        return numbers;
    }

    private void control(long request, long argument, String what) {
        Errno.check("ioctl", "cannot " + what + " of a virtual CPU", kernel.call(Nr.IOCTL, fd, request, argument));
    }

    /** {@return the guest's time stamp counter} */
    long tsc() {
        memory.putInt(tsc, 1);
        memory.putInt(tsc + 8, MSR_TSC);
        control(Ioctl.GET_MSRS, tsc, "read the time stamp counter");
        return memory.getLong(tsc + 16);
    }

    /** Reads everything. */
    void read(CpuState to) {
        control(Ioctl.GET_REGS, regs, "read the registers");
        int at = memory.offset(regs);
        for (int i = 0; i < ORDER.length; i++) {
            to.registers[ORDER[i]] = bytes.getLong(at + 8 * i);
        }
        control(Ioctl.GET_SREGS, sregs, "read the segments");
        readSystem(to);
        control(Ioctl.GET_XSAVE, fpu, "read the FPU's registers");
        readFpu(to);
        control(Ioctl.GET_DEBUGREGS, debug, "read the debug registers");
        for (int i = 0; i < 4; i++) {
            to.debug[i] = memory.getLong(debug + 8L * i);
        }
        to.debug[6] = memory.getLong(debug + 32);
        to.debug[7] = memory.getLong(debug + 40);
        listMsrs();
        control(Ioctl.GET_MSRS, msrs, "read the model-specific registers");
        for (int i = 0; i < MSRS.length; i++) {
            to.msrs[i] = memory.getLong(msrs + 16 + 16L * i);
        }
    }

    private void listMsrs() {
        memory.putInt(msrs, MSRS.length);
        for (int i = 0; i < MSRS.length; i++) {
            memory.putInt(msrs + 8 + 16L * i, MSRS[i]);
        }
    }

    /** Writes everything. */
    void write(CpuState from) {
        int at = memory.offset(regs);
        for (int i = 0; i < ORDER.length; i++) {
            bytes.putLong(at + 8 * i, from.registers[ORDER[i]]);
        }
        // What is not in the state, such as the base of KVM's own APIC and CR8, stays.
        control(Ioctl.GET_SREGS, sregs, "read the segments");
        writeSystem(from);
        control(Ioctl.SET_SREGS, sregs, "write the segments");
        control(Ioctl.SET_REGS, regs, "write the registers");
        writeFpu(from);
        control(Ioctl.SET_XSAVE, fpu, "write the FPU's registers");
        for (int i = 0; i < 4; i++) {
            memory.putLong(debug + 8L * i, from.debug[i]);
        }
        memory.putLong(debug + 32, from.debug[6]);
        memory.putLong(debug + 40, from.debug[7]);
        control(Ioctl.SET_DEBUGREGS, debug, "write the debug registers");
        listMsrs();
        for (int i = 0; i < MSRS.length; i++) {
            memory.putLong(msrs + 16 + 16L * i, from.msrs[i]);
        }
        control(Ioctl.SET_MSRS, msrs, "write the model-specific registers");
    }

    private void readSystem(CpuState to) {
        int at = memory.offset(sregs);
        for (int i = 0; i < SEGMENT_ORDER.length; i++) {
            readSegment(to, SEGMENT_ORDER[i], at + SEGMENT_SIZE * i);
        }
        for (int i = 0; i < 2; i++) {
            to.tableBase[i] = bytes.getLong(at + TABLES + 16 * i);
            to.tableLimit[i] = bytes.getShort(at + TABLES + 16 * i + 8) & 0xFFFF;
        }
        for (int i = CpuState.CR0; i <= CpuState.CR3; i++) {
            to.control[i] = bytes.getLong(at + CONTROL + 8 * i);
        }
        to.control[CpuState.CR4] = bytes.getLong(at + CR4_AT);
        to.control[CpuState.EFER] = bytes.getLong(at + EFER_AT);
    }

    private void readSegment(CpuState to, int segment, int at) {
        to.base[segment] = bytes.getLong(at);
        to.limit[segment] = bytes.getInt(at + 8);
        to.selector[segment] = bytes.getShort(at + 12) & 0xFFFF;
        boolean usable = bytes.get(at + 22) == 0;
        to.attributes[segment] = bytes.get(at + 14)
                | bytes.get(at + 18) << 4
                | bytes.get(at + 16) << 5
                | (usable ? bytes.get(at + 15) << 7 : 0)
                | bytes.get(at + 21) << 12
                | bytes.get(at + 19) << 13
                | bytes.get(at + 17) << 14
                | bytes.get(at + 20) << 15;
    }

    private void writeSystem(CpuState from) {
        int at = memory.offset(sregs);
        for (int i = 0; i < SEGMENT_ORDER.length; i++) {
            writeSegment(from, SEGMENT_ORDER[i], at + SEGMENT_SIZE * i);
        }
        for (int i = 0; i < 2; i++) {
            bytes.putLong(at + TABLES + 16 * i, from.tableBase[i]);
            bytes.putShort(at + TABLES + 16 * i + 8, (short) from.tableLimit[i]);
        }
        for (int i = CpuState.CR0; i <= CpuState.CR3; i++) {
            bytes.putLong(at + CONTROL + 8 * i, from.control[i]);
        }
        bytes.putLong(at + CR4_AT, from.control[CpuState.CR4]);
        bytes.putLong(at + EFER_AT, from.control[CpuState.EFER]);
    }

    private void writeSegment(CpuState from, int segment, int at) {
        int attributes = from.attributes[segment];
        bytes.putLong(at, from.base[segment]);
        bytes.putInt(at + 8, from.limit[segment]);
        bytes.putShort(at + 12, (short) from.selector[segment]);
        bytes.put(at + 14, (byte) (attributes & 0xF));
        bytes.put(at + 15, (byte) (attributes >> 7 & 1));
        bytes.put(at + 16, (byte) (attributes >> 5 & 3));
        bytes.put(at + 17, (byte) (attributes >> 14 & 1));
        bytes.put(at + 18, (byte) (attributes >> 4 & 1));
        bytes.put(at + 19, (byte) (attributes >> 13 & 1));
        bytes.put(at + 20, (byte) (attributes >> 15 & 1));
        bytes.put(at + 21, (byte) (attributes >> 12 & 1));
        bytes.put(at + 22, (byte) ((attributes & 0x80) == 0 ? 1 : 0));
    }

    private void readFpu(CpuState to) {
        int at = memory.offset(fpu);
        to.fpu[0] = bytes.getShort(at) & 0xFFFF;
        to.fpu[1] = bytes.getShort(at + 2) & 0xFFFF;
        to.fpu[2] = bytes.get(at + 4) & 0xFF;
        to.fpu[3] = bytes.getShort(at + 6) & 0x7FF;
        to.fpuPointers[0] = bytes.getLong(at + 8);
        to.fpuPointers[1] = bytes.getLong(at + 16);
        to.fpu[4] = bytes.getInt(at + MXCSR_AT);
        for (int i = 0; i < 8; i++) {
            to.significand[i] = bytes.getLong(at + ST_AT + 16 * i);
            to.exponent[i] = bytes.getShort(at + ST_AT + 16 * i + 8) & 0xFFFF;
        }
        for (int i = 0; i < 32; i++) {
            to.xmm[i] = bytes.getLong(at + XMM_AT + 8 * i);
        }
    }

    private void writeFpu(CpuState from) {
        int at = memory.offset(fpu);
        bytes.putShort(at, (short) from.fpu[0]);
        bytes.putShort(at + 2, (short) from.fpu[1]);
        bytes.put(at + 4, (byte) from.fpu[2]);
        bytes.putShort(at + 6, (short) from.fpu[3]);
        bytes.putLong(at + 8, from.fpuPointers[0]);
        bytes.putLong(at + 16, from.fpuPointers[1]);
        bytes.putInt(at + MXCSR_AT, from.fpu[4]);
        for (int i = 0; i < 8; i++) {
            bytes.putLong(at + ST_AT + 16 * i, from.significand[i]);
            bytes.putLong(at + ST_AT + 16 * i + 8, from.exponent[i]);
        }
        for (int i = 0; i < 32; i++) {
            bytes.putLong(at + XMM_AT + 8 * i, from.xmm[i]);
        }
        bytes.putLong(at + PRESENT_AT, bytes.getLong(at + PRESENT_AT) | X87_AND_SSE);
    }

    /** {@return CR8 as KVM has it} For tests of what {@link #write} leaves alone. */
    long taskPriority() {
        control(Ioctl.GET_SREGS, sregs, "read the segments");
        return memory.getLong(sregs + CR8_AT);
    }
}
