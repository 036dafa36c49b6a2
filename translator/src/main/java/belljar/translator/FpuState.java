package belljar.translator;

import belljar.translator.FpuTable.Form;
import java.util.Arrays;

/**
 * Control of the x87 unit, and saving and restoring its state: FNSTENV and FNSAVE (SDM volume 1, section 8.1.10), and
 * FXSAVE, which has that of SSE too (section 10.5).
 */
final class FpuState {
    private static final int MXCSR_MASK = 0xFFFF;
    private static final int AREA = 512;
    private static final int XMM_AT = 160;

    private FpuState() {}

    static void execute(Cpu cpu, Insn in, Form form) {
        Fpu fpu = cpu.fpu;
        switch (form.op()) {
            case FLDCW -> fpu.control(cpu.mmu.load2(cpu.linear(in)));
            case FNSTCW -> cpu.mmu.store2(cpu.linear(in), fpu.control);
            case FNSTSW -> {
                if (in.first == Insn.MEMORY) {
                    cpu.mmu.store2(cpu.linear(in), fpu.status());
                } else {
                    cpu.register(0, 2, fpu.status());
                }
            }
            case FNINIT -> fpu.reset();
            case FNCLEX -> fpu.clearExceptions();
            case FNSTENV -> {
                storeEnvironment(cpu, cpu.linear(in), in.size, 0);
                fpu.control(fpu.control | Fpu.EXCEPTIONS);
            }
            case FLDENV -> loadEnvironment(cpu, cpu.linear(in), in.size, 0);
            case FNSAVE -> save(cpu, cpu.linear(in), in.size);
            case FRSTOR -> restore(cpu, cpu.linear(in), in.size);
            default -> {} // those of the 8087 and 80287 that do nothing any more
        }
    }

    // ---- the environment, and the registers after it

    private static boolean isReal(Cpu cpu) {
        return cpu.realSegments();
    }

    private static void storeEnvironment(Cpu cpu, long address, int size, int more) {
        cpu.mmu.checkWrite(address, 1);
        cpu.mmu.checkWrite(cpu.wrap(address + 7L * size + more - 1), 1);
        Fpu fpu = cpu.fpu;
        int instruction = (int) fpu.instruction;
        int data = (int) fpu.data;
        int[] words = {fpu.control, fpu.status(), fpu.fullTags(), instruction, 0, data, 0};
        if (isReal(cpu)) {
            instruction += fpu.instructionSegment << 4;
            data += fpu.dataSegment << 4;
            words[3] = instruction & 0xFFFF;
            words[4] = instruction >>> 16 << 12 | fpu.opcode;
            words[5] = data & 0xFFFF;
            words[6] = data >>> 16 << 12;
        } else {
            words[4] = fpu.instructionSegment | fpu.opcode << 16;
            words[6] = fpu.dataSegment | 0xFFFF_0000;
        }
        for (int i = 0; i < 7; i++) {
            int value = i < 3 ? words[i] | 0xFFFF_0000 : words[i];
            cpu.mmu.store(cpu.wrap(address + (long) i * size), size, value);
        }
    }

    private static void loadEnvironment(Cpu cpu, long address, int size, int more) {
        cpu.mmu.load1(cpu.wrap(address + 7L * size + more - 1)); // a page fault comes before anything is changed
        int[] words = new int[7];
        for (int i = 0; i < 7; i++) {
            words[i] = (int) cpu.mmu.load(cpu.wrap(address + (long) i * size), size);
        }
        Fpu fpu = cpu.fpu;
        fpu.control(words[0]);
        fpu.status(words[1]);
        fpu.fullTags(words[2]);
        if (isReal(cpu)) {
            fpu.instruction = words[3] & 0xFFFF | (words[4] & 0xFFF_F000L) << 4;
            fpu.instructionSegment = 0;
            fpu.opcode = words[4] & 0x7FF;
            fpu.data = words[5] & 0xFFFF | (words[6] & 0xFFF_F000L) << 4;
            fpu.dataSegment = 0;
        } else {
            fpu.instruction = words[3] & 0xFFFF_FFFFL;
            fpu.instructionSegment = words[4] & 0xFFFF;
            fpu.opcode = words[4] >>> 16 & 0x7FF;
            fpu.data = words[5] & 0xFFFF_FFFFL;
            fpu.dataSegment = words[6] & 0xFFFF;
        }
    }

    private static void save(Cpu cpu, long address, int size) {
        storeEnvironment(cpu, address, size, 80);
        Fpu fpu = cpu.fpu;
        for (int i = 0; i < 8; i++) {
            long at = address + 7L * size + 10L * i;
            cpu.mmu.store8(cpu.wrap(at), fpu.significand[fpu.number(i)]);
            cpu.mmu.store2(cpu.wrap(at + 8), fpu.exponent[fpu.number(i)]);
        }
        fpu.reset();
    }

    private static void restore(Cpu cpu, long address, int size) {
        loadEnvironment(cpu, address, size, 80);
        Fpu fpu = cpu.fpu;
        for (int i = 0; i < 8; i++) {
            long at = address + 7L * size + 10L * i;
            fpu.significand[fpu.number(i)] = cpu.mmu.load8(cpu.wrap(at));
            fpu.exponent[fpu.number(i)] = cpu.mmu.load2(cpu.wrap(at + 8));
        }
    }

    // ---- FXSAVE and FXRSTOR

    static void checkMxcsr(Cpu cpu, int value) {
        if ((value & ~MXCSR_MASK) != 0) {
            throw cpu.protection(0);
        }
    }

    private static int registers(Cpu cpu) {
        return cpu.mode == Decoder.BITS64 ? 16 : 8;
    }

    static void saveAll(Cpu cpu, Insn in, long address) {
        cpu.mmu.checkWrite(address, 8);
        cpu.mmu.checkWrite(address + AREA - 8, 8);
        saveRegisters(cpu, in, address);
        saveXmm(cpu, address);
    }

    /** Saves the x87 unit's part of an area. */
    static void saveRegisters(Cpu cpu, Insn in, long address) {
        Mmu mmu = cpu.mmu;
        Fpu fpu = cpu.fpu;
        mmu.store2(address, fpu.control);
        mmu.store2(address + 2, fpu.status());
        mmu.store2(address + 4, fpu.tags);
        mmu.store2(address + 6, fpu.opcode);
        if (in.size == 8) {
            mmu.store8(address + 8, fpu.instruction);
            mmu.store8(address + 16, fpu.data);
        } else {
            mmu.store8(address + 8, fpu.instruction & 0xFFFF_FFFFL | (long) fpu.instructionSegment << 32);
            mmu.store8(address + 16, fpu.data & 0xFFFF_FFFFL | (long) fpu.dataSegment << 32);
        }
        for (int i = 0; i < 8; i++) {
            mmu.store8(address + 32 + 16L * i, fpu.significand[fpu.number(i)]);
            mmu.store8(address + 40 + 16L * i, fpu.exponent[fpu.number(i)]);
        }
    }

    /** Saves the XMM registers and MXCSR. */
    static void saveXmm(Cpu cpu, long address) {
        cpu.mmu.store4(address + 24, cpu.mxcsr);
        cpu.mmu.store4(address + 28, MXCSR_MASK);
        for (int i = 0; i < 2 * registers(cpu); i++) {
            cpu.mmu.store8(address + XMM_AT + 8L * i, cpu.xmm[i]);
        }
    }

    static void restoreAll(Cpu cpu, Insn in, long address) {
        cpu.mmu.load8(address + AREA - 8); // a page fault comes before anything is changed
        restoreXmm(cpu, address, true);
        restoreRegisters(cpu, in, address);
    }

    /** Gives the x87 unit the state after FNINIT, with zeros in its registers. */
    static void clearRegisters(Cpu cpu) {
        cpu.fpu.reset();
        Arrays.fill(cpu.fpu.significand, 0);
        Arrays.fill(cpu.fpu.exponent, 0);
    }

    /** Loads the x87 unit's part of an area. */
    static void restoreRegisters(Cpu cpu, Insn in, long address) {
        Mmu mmu = cpu.mmu;
        Fpu fpu = cpu.fpu;
        fpu.control(mmu.load2(address));
        fpu.status(mmu.load2(address + 2));
        fpu.tags = mmu.load1(address + 4);
        fpu.opcode = mmu.load2(address + 6) & 0x7FF;
        long instruction = mmu.load8(address + 8);
        long data = mmu.load8(address + 16);
        boolean isWide = in.size == 8;
        fpu.instruction = isWide ? instruction : instruction & 0xFFFF_FFFFL;
        fpu.instructionSegment = isWide ? 0 : (int) (instruction >>> 32) & 0xFFFF;
        fpu.data = isWide ? data : data & 0xFFFF_FFFFL;
        fpu.dataSegment = isWide ? 0 : (int) (data >>> 32) & 0xFFFF;
        for (int i = 0; i < 8; i++) {
            fpu.significand[fpu.number(i)] = mmu.load8(address + 32 + 16L * i);
            fpu.exponent[fpu.number(i)] = mmu.load2(address + 40 + 16L * i);
        }
    }

    /**
     * Loads MXCSR, and the XMM registers.
     *
     * @param saved whether they are in the area; if not, they become 0
     */
    static void restoreXmm(Cpu cpu, long address, boolean saved) {
        int mxcsr = cpu.mmu.load4(address + 24);
        checkMxcsr(cpu, mxcsr);
        cpu.mxcsr = mxcsr;
        for (int i = 0; i < 2 * registers(cpu); i++) {
            cpu.xmm[i] = saved ? cpu.mmu.load8(address + XMM_AT + 8L * i) : 0;
        }
    }
}
