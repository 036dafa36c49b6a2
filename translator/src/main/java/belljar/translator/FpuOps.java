package belljar.translator;

/**
 * Control of the x87 unit and of SSE: initialisation, control and status words, FXSAVE and FXRSTOR (SDM volume 1,
 * section 10.5). Arithmetic of the x87 unit is not there yet, and raises an invalid opcode.
 */
final class FpuOps {
    private static final int MXCSR_MASK = 0xFFFF;
    private static final int XMM_AT = 160;

    private FpuOps() {}

    static void execute(Cpu cpu, Insn in) {
        boolean wait = in.op == Op.WAIT;
        long both = Control.MP | Control.TS;
        boolean off = wait
                ? (cpu.control.cr0 & both) == both
                : (cpu.control.cr0 & (in.op == Op.FPU ? Control.TS | Control.EM : Control.TS)) != 0;
        if (off) {
            throw cpu.fault.of(Fault.NO_FPU, 0);
        }
        switch (in.op) {
            case LDMXCSR -> {
                int value = (int) cpu.get(in, in.first, 4);
                checkMxcsr(cpu, value);
                cpu.mxcsr = value;
            }
            case STMXCSR -> cpu.put(in, in.first, 4, cpu.mxcsr);
            case FXSAVE -> save(cpu, aligned(cpu, in));
            case FXRSTOR -> restore(cpu, aligned(cpu, in));
            case FPU -> control(cpu, in);
            case EMMS -> cpu.fpu.tags = 0;
            default -> {
                return; // no exception is ever pending
            }
        }
    }

    private static void checkMxcsr(Cpu cpu, int value) {
        if ((value & ~MXCSR_MASK) != 0) {
            throw cpu.protection(0);
        }
    }

    private static long aligned(Cpu cpu, Insn in) {
        long address = cpu.linear(in);
        if ((address & 15) != 0) {
            throw cpu.protection(0);
        }
        return address;
    }

    private static int registers(Cpu cpu) {
        return cpu.mode == Decoder.BITS64 ? 16 : 8;
    }

    private static void save(Cpu cpu, long address) {
        Mmu mmu = cpu.mmu;
        Fpu fpu = cpu.fpu;
        mmu.checkWrite(address, 8);
        mmu.checkWrite(address + 504, 8);
        mmu.store2(address, fpu.control);
        mmu.store2(address + 2, fpu.status);
        mmu.store2(address + 4, fpu.tags);
        mmu.store2(address + 6, fpu.opcode);
        mmu.store8(address + 8, fpu.instruction);
        mmu.store8(address + 16, fpu.data);
        mmu.store4(address + 24, cpu.mxcsr);
        mmu.store4(address + 28, MXCSR_MASK);
        for (int i = 0; i < 16; i++) {
            mmu.store8(address + 32 + 8L * i, fpu.registers[i]);
        }
        for (int i = 0; i < 2 * registers(cpu); i++) {
            mmu.store8(address + XMM_AT + 8L * i, cpu.xmm[i]);
        }
    }

    private static void restore(Cpu cpu, long address) {
        Mmu mmu = cpu.mmu;
        Fpu fpu = cpu.fpu;
        int mxcsr = mmu.load4(address + 24);
        checkMxcsr(cpu, mxcsr);
        mmu.load8(address + 504); // a page fault comes before anything is changed
        fpu.control = mmu.load2(address);
        fpu.status = mmu.load2(address + 2);
        fpu.tags = mmu.load1(address + 4);
        fpu.opcode = mmu.load2(address + 6) & 0x7FF;
        fpu.instruction = mmu.load8(address + 8);
        fpu.data = mmu.load8(address + 16);
        cpu.mxcsr = mxcsr;
        for (int i = 0; i < 16; i++) {
            fpu.registers[i] = mmu.load8(address + 32 + 8L * i);
        }
        for (int i = 0; i < 2 * registers(cpu); i++) {
            cpu.xmm[i] = mmu.load8(address + XMM_AT + 8L * i);
        }
    }

    private static void control(Cpu cpu, Insn in) {
        Fpu fpu = cpu.fpu;
        int modRm = in.code;
        int field = modRm >> 3 & 7;
        boolean memory = in.first == Insn.MEMORY;
        if (in.opcode == 0xDB && modRm == 0xE3) {
            fpu.reset();
        } else if (in.opcode == 0xDB && modRm == 0xE2) {
            fpu.status &= 0x7F00;
        } else if (in.opcode == 0xDF && modRm == 0xE0) {
            cpu.register(0, 2, fpu.status);
        } else if (in.opcode == 0xD9 && memory && field == 7) {
            cpu.mmu.store2(cpu.linear(in), fpu.control);
        } else if (in.opcode == 0xD9 && memory && field == 5) {
            fpu.control = cpu.mmu.load2(cpu.linear(in));
        } else if (in.opcode == 0xDD && memory && field == 7) {
            cpu.mmu.store2(cpu.linear(in), fpu.status);
        } else {
            throw cpu.undefined();
        }
    }
}
