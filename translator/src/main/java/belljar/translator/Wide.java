package belljar.translator;

import java.lang.invoke.VarHandle;

/** CMPXCHG8B and CMPXCHG16B. */
final class Wide {
    private Wide() {}

    static void compareExchange(Cpu cpu, Insn in) {
        long address = cpu.linear(in);
        int half = in.size;
        if (half == 8 && (address & 15) != 0) {
            throw cpu.protection(0);
        }
        cpu.mmu.checkWrite(address, half);
        cpu.mmu.checkWrite(address + half, half);
        cpu.arithmetic(Cpu.ZF, half == 4 ? eight(cpu, address) : Atomic.swapPair(cpu, address));
    }

    private static boolean eight(Cpu cpu, long address) {
        long expected = cpu.r[0] & 0xFFFF_FFFFL | cpu.r[2] << 32;
        long value = cpu.r[3] & 0xFFFF_FFFFL | cpu.r[1] << 32;
        while (true) {
            long old = cpu.mmu.load8(address);
            if (old != expected) {
                VarHandle.fullFence();
                old = cpu.mmu.load8(address);
            }
            if (old != expected) {
                cpu.r[0] = old & 0xFFFF_FFFFL;
                cpu.r[2] = old >>> 32;
                return false;
            }
            if (Atomic.swap(cpu, address, 8, old, value)) {
                return true;
            }
        }
    }
}
