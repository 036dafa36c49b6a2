package belljar.translator;

import java.lang.invoke.VarHandle;

/** Ports, control and debug registers, model-specific registers, time, and the fast ways into the kernel. */
final class SystemOps {
    /** After so many turns of waiting others may run. */
    private static final int PAUSES = 64;

    /** What KVM says to hypercalls that it does not know, and to programs (Linux' uapi/linux/kvm_para.h). */
    private static final int ENOSYS = 1000;

    private static final int EPERM = 1;

    private SystemOps() {}

    static void execute(Cpu cpu, Insn in) {
        switch (in.op) {
            case IN -> {
                int port = port(cpu, in.second, in);
                checkPort(cpu, port, in.size);
                cpu.register(0, in.size, cpu.host.ports().read(port, in.size));
            }
            case OUT -> {
                int port = port(cpu, in.first, in);
                checkPort(cpu, port, in.size);
                cpu.host.ports().write(port, in.size, cpu.register(0, in.size));
            }
            case HLT -> {
                cpu.needsKernel();
                cpu.halted = true;
                cpu.shadow = false;
            }
            case CLI -> interruptFlag(cpu, false);
            case STI -> interruptFlag(cpu, true);
            case CPUID -> {
                VarHandle.fullFence();
                CpuidLeaves.answer(cpu);
            }
            case RDTSC -> time(cpu);
            case RDTSCP -> {
                time(cpu);
                cpu.register(1, 4, cpu.msrs.tscAux);
            }
            case RDPMC -> counter(cpu);
            case RDMSR -> {
                cpu.needsKernel();
                long value = cpu.msrs.read((int) cpu.r[1]);
                cpu.register(0, 4, value);
                cpu.register(2, 4, value >>> 32);
            }
            case WRMSR -> {
                cpu.needsKernel();
                cpu.msrs.write((int) cpu.r[1], cpu.r[0] & 0xFFFF_FFFFL | cpu.r[2] << 32);
            }
            case MOVFROMCR -> {
                cpu.needsKernel();
                cpu.register(in.first, in.size, ControlRegisters.read(cpu, in.reg));
            }
            case MOVTOCR -> {
                cpu.needsKernel();
                ControlRegisters.write(cpu, in.reg, cpu.register(in.first, in.size));
            }
            case MOVFROMDR -> {
                cpu.needsKernel();
                int number = debugRegister(cpu, in);
                cpu.watch.checkDetect();
                cpu.register(in.first, in.size, cpu.debug[number]);
            }
            case MOVTODR -> moveToDebug(cpu, in);
            case CLTS -> {
                cpu.needsKernel();
                cpu.control.cr0 &= ~Control.TS;
            }
            case INVD -> cpu.needsKernel();
            case INVLPG -> {
                cpu.needsKernel();
                cpu.mmu.flush(cpu.linear(in));
            }
            case SWAPGS -> {
                cpu.needsKernel();
                long base = cpu.segments.base[Insn.GS];
                cpu.segments.base[Insn.GS] = cpu.msrs.kernelGsBase;
                cpu.msrs.kernelGsBase = base;
            }
            case SYSCALL -> FastCalls.call(cpu, in);
            case SYSRET -> FastCalls.back(cpu, in.size);
            case SYSENTER -> FastCalls.enter(cpu);
            case SYSEXIT -> FastCalls.exit(cpu, in.size);
            case RDRAND, RDSEED -> {
                cpu.register(in.first, in.size, RandomNumbers.next(cpu));
                cpu.arithmetic(Cpu.CF);
            }
            case STAC, CLAC -> {
                if (cpu.level != 0) {
                    throw cpu.undefined();
                }
                cpu.flags = in.op == Op.STAC ? cpu.flags | Cpu.AC : cpu.flags & ~Cpu.AC;
                cpu.access();
            }
            case RDPKRU, WRPKRU -> userKeys(cpu, in.op == Op.WRPKRU);
            case HYPERCALL -> cpu.register(0, cpu.mode == Decoder.BITS64 ? 8 : 4, cpu.level == 0 ? -ENOSYS : -EPERM);
            case PAUSE -> pause(cpu);
            default -> VarHandle.fullFence();
        }
    }

    private static void userKeys(Cpu cpu, boolean write) {
        if ((cpu.control.cr4 & Control.PKE) == 0) {
            throw cpu.undefined();
        }
        if ((int) cpu.r[1] != 0 || write && (int) cpu.r[2] != 0) {
            throw cpu.protection(0);
        }
        if (write) {
            cpu.userKeys((int) cpu.r[0]);
        } else {
            cpu.register(0, 4, cpu.control.userKeys);
            cpu.register(2, 4, 0);
        }
    }

    /** Who waits long for another CPU gives it this one's processor, in case the host has fewer than the machine. */
    @SuppressWarnings("ThreadPriorityCheck") // only speed hangs on it
    private static void pause(Cpu cpu) {
        if ((++cpu.pauses & PAUSES - 1) == 0) {
            Thread.yield();
        } else {
            Thread.onSpinWait();
        }
    }

    private static int port(Cpu cpu, int operand, Insn in) {
        return operand == Insn.IMMEDIATE ? (int) in.immediate & 0xFF : (int) cpu.r[2] & 0xFFFF;
    }

    /** Refuses a port that the privilege level and the task's bitmap do not allow. */
    static void checkPort(Cpu cpu, int port, int size) {
        checkAllowed(cpu, port, size);
        cpu.watch.port(port, size);
    }

    private static void checkAllowed(Cpu cpu, int port, int size) {
        if (cpu.realMode() || !Virtual8086.isOn(cpu) && cpu.level <= (cpu.flags & Cpu.IOPL) >> 12) {
            return;
        }
        Segments segments = cpu.segments;
        long task = segments.base[Segments.TASK];
        int limit = segments.limit[Segments.TASK];
        if (limit < 103) {
            throw cpu.protection(0);
        }
        int map = (int) (segments.system8(task + 0x60) >>> 48);
        int at = map + port / 8;
        if (at + 1 > limit) {
            throw cpu.protection(0);
        }
        int bits = (int) segments.system8(task + at) & 0xFFFF;
        if ((bits >>> (port & 7) & (1 << size) - 1) != 0) {
            throw cpu.protection(0);
        }
    }

    private static void interruptFlag(Cpu cpu, boolean set) {
        if (!cpu.realMode() && cpu.level > (cpu.flags & Cpu.IOPL) >> 12) {
            throw cpu.protection(0);
        }
        cpu.shadow = set && (cpu.flags & Cpu.IF) == 0;
        cpu.flags = set ? cpu.flags | Cpu.IF : cpu.flags & ~Cpu.IF;
    }

    private static void time(Cpu cpu) {
        if (cpu.level != 0 && (cpu.control.cr4 & Control.TSD) != 0) {
            throw cpu.protection(0);
        }
        long now = cpu.msrs.tsc();
        cpu.register(0, 4, now);
        cpu.register(2, 4, now >>> 32);
    }

    /** The counters of {@link Msrs#COUNTERS}, which count nothing. */
    private static void counter(Cpu cpu) {
        boolean allowed = cpu.level == 0 || (cpu.control.cr4 & Control.PCE) != 0;
        if (!allowed || (cpu.r[1] & 0xFFFF_FFFFL) > 3) {
            throw cpu.protection(0);
        }
        cpu.register(0, 4, 0);
        cpu.register(2, 4, 0);
    }

    private static int debugRegister(Cpu cpu, Insn in) {
        if (in.reg == 4 || in.reg == 5) {
            if ((cpu.control.cr4 & Control.DE) != 0) {
                throw cpu.undefined();
            }
            return in.reg + 2;
        }
        if (in.reg > 7) {
            throw cpu.undefined();
        }
        return in.reg;
    }

    private static void moveToDebug(Cpu cpu, Insn in) {
        cpu.needsKernel();
        int number = debugRegister(cpu, in);
        cpu.watch.checkDetect();
        long value = cpu.register(in.first, in.size);
        if (number >= 6 && value >>> 32 != 0) {
            throw cpu.protection(0);
        }
        cpu.debug[number] =
                number == 6 ? value & 0xE00F | 0xFFFF_0FF0L : number == 7 ? value & 0xFFFF_2BFFL | 0x400 : value;
        cpu.watch.update();
    }
}
