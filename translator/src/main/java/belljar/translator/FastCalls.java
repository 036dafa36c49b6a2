package belljar.translator;

/** SYSCALL, SYSENTER and their ways back (SDM volume 2). */
final class FastCalls {
    private static final int DATA = 3;
    private static final int CODE = 11;

    private FastCalls() {}

    static void call(Cpu cpu, Insn in) {
        if ((cpu.control.efer & Control.SCE) == 0 || !cpu.control.longMode()) {
            throw cpu.undefined();
        }
        Msrs msrs = cpu.msrs;
        cpu.r[1] = in.next;
        cpu.r[11] = cpu.rflags() & ~Cpu.RF;
        boolean is64 = cpu.mode == Decoder.BITS64;
        int selector = (int) (msrs.star >>> 32) & 0xFFFC;
        Segments segments = cpu.segments;
        segments.flat(Insn.CS, selector, CODE, 0, true);
        segments.flat(Insn.SS, selector + 8, DATA, 0, false);
        cpu.level(0);
        segments.update();
        cpu.rip = is64 ? msrs.lstar : msrs.cstar;
        cpu.rflags(cpu.rflags() & ~(int) msrs.syscallMask & ~Cpu.RF);
    }

    static void back(Cpu cpu, int size) {
        if ((cpu.control.efer & Control.SCE) == 0 || !cpu.control.longMode()) {
            throw cpu.undefined();
        }
        cpu.needsKernel();
        boolean is64 = size == 8;
        long target = cpu.r[1];
        if (is64 && !Cpu.isCanonical(target)) {
            throw cpu.protection(0);
        }
        int selector = (int) (cpu.msrs.star >>> 48);
        Segments segments = cpu.segments;
        segments.flat(Insn.CS, selector + (is64 ? 16 : 0) | 3, CODE, 3, is64);
        segments.flat(Insn.SS, selector + 8 | 3, DATA, 3, false);
        cpu.level(3);
        segments.update();
        cpu.rip = is64 ? target : target & 0xFFFF_FFFFL;
        int kept = Cpu.ARITHMETIC | Cpu.TF | Cpu.IF | Cpu.DF | Cpu.IOPL | Cpu.NT | Cpu.AC | 0x20_0000;
        cpu.rflags((int) cpu.r[11] & kept | 2);
        cpu.trapsNow = (cpu.flags & Cpu.TF) != 0;
    }

    static void enter(Cpu cpu) {
        Msrs msrs = cpu.msrs;
        if (cpu.realMode() || (msrs.sysenterCs & 0xFFFC) == 0) {
            throw cpu.protection(0);
        }
        boolean isLong = cpu.control.longMode();
        int selector = (int) msrs.sysenterCs & 0xFFFC;
        Segments segments = cpu.segments;
        segments.flat(Insn.CS, selector, CODE, 0, isLong);
        segments.flat(Insn.SS, selector + 8, DATA, 0, false);
        cpu.level(0);
        segments.update();
        cpu.flags &= ~(Cpu.VM | Cpu.IF);
        cpu.r[4] = isLong ? msrs.sysenterEsp : msrs.sysenterEsp & 0xFFFF_FFFFL;
        cpu.rip = isLong ? msrs.sysenterEip : msrs.sysenterEip & 0xFFFF_FFFFL;
    }

    static void exit(Cpu cpu, int size) {
        cpu.needsKernel();
        int selector = (int) cpu.msrs.sysenterCs & 0xFFFC;
        if (cpu.realMode() || selector == 0) {
            throw cpu.protection(0);
        }
        boolean is64 = size == 8;
        Segments segments = cpu.segments;
        segments.flat(Insn.CS, selector + (is64 ? 32 : 16) | 3, CODE, 3, is64);
        segments.flat(Insn.SS, selector + (is64 ? 40 : 24) | 3, DATA, 3, false);
        cpu.level(3);
        segments.update();
        cpu.r[4] = is64 ? cpu.r[1] : cpu.r[1] & 0xFFFF_FFFFL;
        cpu.rip = is64 ? cpu.r[2] : cpu.r[2] & 0xFFFF_FFFFL;
    }
}
