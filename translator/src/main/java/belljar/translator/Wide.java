package belljar.translator;

/** CMPXCHG8B and CMPXCHG16B. */
final class Wide {
    /** Java has no exchange of 16 bytes, so those of all CPUs take turns. */
    private static final Object TURN = new Object();

    private Wide() {}

    static void compareExchange(Cpu cpu, Insn in) {
        long address = cpu.linear(in);
        int half = in.size;
        cpu.mmu.checkWrite(address, 2 * half);
        if (half == 4) {
            eight(cpu, address);
            return;
        }
        if ((address & 15) != 0) {
            throw cpu.protection(0);
        }
        boolean same;
        synchronized (TURN) {
            long low = cpu.mmu.load8(address);
            long high = cpu.mmu.load8(address + 8);
            same = low == cpu.r[0] && high == cpu.r[2];
            if (same) {
                cpu.mmu.store8(address, cpu.r[3]);
                cpu.mmu.store8(address + 8, cpu.r[1]);
            } else {
                cpu.r[0] = low;
                cpu.r[2] = high;
            }
        }
        cpu.arithmetic(Cpu.ZF, same);
    }

    private static void eight(Cpu cpu, long address) {
        long expected = cpu.r[0] & 0xFFFF_FFFFL | cpu.r[2] << 32;
        long value = cpu.r[3] & 0xFFFF_FFFFL | cpu.r[1] << 32;
        while (true) {
            long old = cpu.mmu.load8(address);
            if (old != expected) {
                cpu.r[0] = old & 0xFFFF_FFFFL;
                cpu.r[2] = old >>> 32;
                cpu.arithmetic(Cpu.ZF, false);
                return;
            }
            if (Alu.swap(cpu, address, 8, old, value)) {
                cpu.arithmetic(Cpu.ZF, true);
                return;
            }
        }
    }
}
