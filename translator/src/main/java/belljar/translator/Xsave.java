package belljar.translator;

/**
 * XSAVE and XRSTOR in the standard format, and the register that says which parts of the state they are for (SDM volume
 * 1, chapter 13): the x87 unit, the XMM registers, and the rights to protection keys. All parts are always in use, but
 * for the rights while they are 0.
 */
final class Xsave {
    /** The parts of the state, as bits of XCR0. */
    static final long X87 = 1;

    static final long SSE = 2;
    static final int KEYS_NUMBER = 9;
    static final long KEYS = 1 << KEYS_NUMBER;
    static final long KNOWN = X87 | SSE | KEYS;

    /**
     * Where the rights stand: behind the header, and the place that processors have for the halves of YMM registers.
     */
    static final int KEYS_AT = 832;

    static final int KEYS_SIZE = 8;
    private static final int HEADER = 512;
    private static final int HEADER_SIZE = 64;

    private Xsave() {}

    /** {@return the bytes of an area that holds some parts of the state} */
    static int size(long parts) {
        return (parts & KEYS) != 0 ? KEYS_AT + KEYS_SIZE : HEADER + HEADER_SIZE;
    }

    /** {@return a value for XCR0 without what cannot be in it} */
    static long possible(long value) {
        return value & KNOWN | X87;
    }

    static void execute(Cpu cpu, Insn in) {
        if ((cpu.control.cr4 & Control.OSXSAVE) == 0) {
            throw cpu.undefined();
        }
        switch (in.op) {
            case XGETBV -> {
                checkNumber(cpu);
                cpu.register(0, 4, cpu.control.xcr0);
                cpu.register(2, 4, 0);
            }
            case XSETBV -> {
                cpu.needsKernel();
                checkNumber(cpu);
                long value = chosen(cpu);
                if (value != possible(value)) {
                    throw cpu.protection(0);
                }
                cpu.control.xcr0 = value;
            }
            case XSAVE -> save(cpu, in, address(cpu, in), chosen(cpu) & cpu.control.xcr0);
            default -> restore(cpu, in, address(cpu, in), chosen(cpu) & cpu.control.xcr0);
        }
    }

    /** There is one such register. */
    private static void checkNumber(Cpu cpu) {
        if ((int) cpu.r[1] != 0) {
            throw cpu.protection(0);
        }
    }

    private static long chosen(Cpu cpu) {
        return cpu.r[0] & 0xFFFF_FFFFL | cpu.r[2] << 32;
    }

    private static long address(Cpu cpu, Insn in) {
        if ((cpu.control.cr0 & Control.TS) != 0) {
            throw cpu.fault.of(Fault.NO_FPU, 0);
        }
        long address = cpu.linear(in);
        if ((address & HEADER_SIZE - 1) != 0) {
            throw cpu.protection(0);
        }
        return address;
    }

    private static void save(Cpu cpu, Insn in, long address, long parts) {
        Mmu mmu = cpu.mmu;
        mmu.checkWrite(address, 8);
        mmu.checkWrite(address + size(parts) - 8, 8);
        long used = X87 | SSE | (cpu.control.userKeys != 0 ? KEYS : 0);
        long before = mmu.load8(address + HEADER);
        if ((parts & X87) != 0) {
            FpuState.saveRegisters(cpu, in, address);
        }
        if ((parts & SSE) != 0) {
            FpuState.saveXmm(cpu, address);
        }
        if ((parts & KEYS) != 0) {
            mmu.store8(address + KEYS_AT, cpu.control.userKeys & 0xFFFF_FFFFL);
        }
        mmu.store8(address + HEADER, before & ~parts | parts & used);
    }

    private static void restore(Cpu cpu, Insn in, long address, long parts) {
        Mmu mmu = cpu.mmu;
        long saved = mmu.load8(address + HEADER);
        boolean wrong = (saved & ~cpu.control.xcr0) != 0;
        for (int at = 8; at < 24; at += 8) {
            wrong |= mmu.load8(address + HEADER + at) != 0; // another format, and what is reserved
        }
        if (wrong) {
            throw cpu.protection(0);
        }
        mmu.load8(address); // a page fault comes before anything is changed
        long keys = (parts & KEYS) != 0 ? mmu.load8(address + KEYS_AT) : 0;
        if ((parts & SSE) != 0) {
            FpuState.restoreXmm(cpu, address, (saved & SSE) != 0);
        }
        if ((parts & X87 & saved) != 0) {
            FpuState.restoreRegisters(cpu, in, address);
        } else if ((parts & X87) != 0) {
            FpuState.clearRegisters(cpu);
        }
        if ((parts & KEYS) != 0) {
            cpu.userKeys((saved & KEYS) != 0 ? (int) keys : 0);
        }
    }
}
