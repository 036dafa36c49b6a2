package belljar.translator;

import belljar.machine.Clock;
import belljar.machine.StateStream;

/** The model-specific registers that the guest is shown; any other is a general protection fault. */
final class Msrs {
    /**
     * Four performance counters' controls and the counters themselves, which every AMD processor since the K7 has (APM
     * volume 2, 13.2.3), so that software writes to them without asking. These count nothing.
     */
    static final int COUNTERS = 0xC001_0000;

    private static final long EFER_KNOWN = Control.SCE | Control.LME | Control.LMA | Control.NXE;

    long star;
    long lstar;
    long cstar;
    long syscallMask;
    long kernelGsBase;
    long sysenterCs;
    long sysenterEsp;
    long sysenterEip;
    long tscAux;
    private long tscOffset;
    private long pat = 0x0007_0406_0007_0406L;
    private long miscEnable = 1;
    private final Cpu cpu;
    private final Clock clock;
    private final KvmClock kvmClock;

    Msrs(Cpu cpu) {
        this.cpu = cpu;
        this.clock = cpu.host.clock();
        this.kvmClock = new KvmClock(cpu.host.memory(), clock);
    }

    /** {@return the time stamp counter} */
    long tsc() {
        return clock.nanos() + tscOffset;
    }

    long read(int number) {
        if (number >= 0x800 && number < 0x840) {
            if (!cpu.apic().isReadable(number)) {
                throw cpu.protection(0);
            }
            return cpu.apic().readMsr(number);
        }
        return switch (number) {
            case 0x10 -> tsc();
            case 0x1B -> cpu.apic().base();
            case 0x17, 0x8B, 0xCE, 0x3A, 0x34, 0x140, 0x48, 0x10A, 0x122, 0x123, 0x1FC, 0x606 -> 0;
            case 0x3B -> tscOffset;
            case 0xFE, 0x2FF -> 0; // no variable or fixed MTRRs
            case 0x179 -> 0; // no banks of machine check registers
            case 0x174 -> sysenterCs;
            case 0x175 -> sysenterEsp;
            case 0x176 -> sysenterEip;
            case 0x1A0 -> miscEnable;
            case 0x277 -> pat;
            case 0x6E0 -> cpu.apic().tscDeadline();
            case 0x6E1 -> cpu.control.supervisorKeys & 0xFFFF_FFFFL;
            case 0xC000_0080 -> cpu.control.efer;
            case 0xC000_0081 -> star;
            case 0xC000_0082 -> lstar;
            case 0xC000_0083 -> cstar;
            case 0xC000_0084 -> syscallMask;
            case 0xC000_0100 -> cpu.segments.base[Insn.FS];
            case 0xC000_0101 -> cpu.segments.base[Insn.GS];
            case 0xC000_0102 -> kernelGsBase;
            case 0xC000_0103 -> tscAux;
            case 0xC001_001F, 0xC001_0015, 0xC001_0010, 0xC001_0055, 0xC001_1029 -> 0;
            case COUNTERS, COUNTERS + 1, COUNTERS + 2, COUNTERS + 3 -> 0;
            case COUNTERS + 4, COUNTERS + 5, COUNTERS + 6, COUNTERS + 7 -> 0;
            case KvmClock.WALL, KvmClock.WALL_OLD -> kvmClock.wall();
            case KvmClock.SYSTEM, KvmClock.SYSTEM_OLD -> kvmClock.system();
            default -> throw cpu.protection(0);
        };
    }

    void write(int number, long value) {
        if (number >= 0x800 && number < 0x840) {
            if (!cpu.apic().writeMsr(number, value)) {
                throw cpu.protection(0);
            }
            return;
        }
        switch (number) {
            case 0x10 -> offset(value - clock.nanos());
            case 0x3B -> offset(value);
            case 0x1B -> {
                if (!cpu.apic().setBase(value)) {
                    throw cpu.protection(0);
                }
                cpu.mapApic();
            }
            case 0x17, 0x79, 0x8B, 0x48, 0x49, 0x140, 0x2FF, 0x122, 0x123 -> {
                return; // without effect here
            }
            case COUNTERS, COUNTERS + 1, COUNTERS + 2, COUNTERS + 3 -> {
                return;
            }
            case COUNTERS + 4, COUNTERS + 5, COUNTERS + 6, COUNTERS + 7 -> {
                return;
            }
            case 0x174 -> sysenterCs = value;
            case 0x175 -> sysenterEsp = canonical(value);
            case 0x176 -> sysenterEip = canonical(value);
            case 0x1A0 -> miscEnable = value;
            case 0x277 -> pat = value;
            case 0x6E0 -> cpu.apic().setTscDeadline(value);
            case 0x6E1 -> supervisorKeys(value);
            case 0xC000_0080 -> efer(value);
            case 0xC000_0081 -> star = value;
            case 0xC000_0082 -> lstar = canonical(value);
            case 0xC000_0083 -> cstar = canonical(value);
            case 0xC000_0084 -> syscallMask = value & 0xFFFF_FFFFL;
            case 0xC000_0100 -> cpu.segments.base[Insn.FS] = canonical(value);
            case 0xC000_0101 -> cpu.segments.base[Insn.GS] = canonical(value);
            case 0xC000_0102 -> kernelGsBase = canonical(value);
            case 0xC000_0103 -> tscAux = value & 0xFFFF_FFFFL;
            case KvmClock.WALL, KvmClock.WALL_OLD -> kvmClock.wall(value);
            case KvmClock.SYSTEM, KvmClock.SYSTEM_OLD -> kvmClock.system(value, tscOffset);
            default -> throw cpu.protection(0);
        }
    }

    /** {@return a value for EFER without what cannot be in it} */
    static long possibleEfer(long value, long cr0) {
        long known = value & (EFER_KNOWN | Control.LMA);
        return (cr0 & Control.PG) != 0 && (known & Control.LME) != 0 ? known : known & ~Control.LMA;
    }

    /** Saves or loads those that are no other part's. */
    void transfer(StateStream state) {
        state.section("model-specific registers");
        tscOffset = state.number(tscOffset);
        pat = state.number(pat);
        miscEnable = state.number(miscEnable);
        kvmClock.transfer(state);
    }

    private void offset(long value) {
        tscOffset = value;
        cpu.apic().setTscOffset(value);
    }

    private void supervisorKeys(long value) {
        if (value >>> 32 != 0) {
            throw cpu.protection(0);
        }
        cpu.control.supervisorKeys = (int) value;
        cpu.mmu.flush();
    }

    private long canonical(long value) {
        if (!Cpu.isCanonical(value)) {
            throw cpu.protection(0);
        }
        return value;
    }

    private void efer(long value) {
        Control control = cpu.control;
        boolean paging = (control.cr0 & Control.PG) != 0;
        if ((value & ~EFER_KNOWN) != 0 || paging && ((value ^ control.efer) & Control.LME) != 0) {
            throw cpu.protection(0);
        }
        long changed = control.efer ^ value;
        control.efer = value & ~Control.LMA | control.efer & Control.LMA;
        if ((changed & Control.NXE) != 0) {
            cpu.mmu.flush();
        }
    }
}
