package belljar.translator;

/** String operations. One that is repeated goes on for a while and is then executed again where it was interrupted. */
final class Strings {
    /** After so many turns the CPU looks for interrupts. */
    private static final int MOST_TURNS = 4096;

    /** As {@link #MOST_TURNS}, for what is moved or stored in runs. */
    private static final int MOST_RUN = 1 << 16;

    private static final int PAGE = 4096;

    private Strings() {}

    static void execute(Cpu cpu, Insn in) {
        if (in.repeat == 0) {
            once(cpu, in);
            return;
        }
        int width = in.addressSize;
        boolean compares = in.op == Op.CMPS || in.op == Op.SCAS;
        int most = (cpu.flags & Cpu.TF) != 0 || cpu.watch.armed ? 1 : MOST_TURNS;
        boolean runs = (in.op == Op.MOVS || in.op == Op.STOS) && width > 2 && (cpu.flags & Cpu.DF) == 0;
        if (runs && most > 1) {
            most = MOST_RUN;
        }
        int turns = 0;
        while (cpu.register(1, width) != 0) {
            if (turns == most) {
                cpu.rip = in.address;
                return;
            }
            // How many are done before interrupts are looked for must not hang on what the TLB happens to have.
            int done = runs ? run(cpu, in, most - turns) : 0;
            if (done > 0) {
                turns += done;
                continue;
            }
            turns++;
            once(cpu, in);
            cpu.register(1, width, cpu.register(1, width) - 1);
            if (compares && cpu.zf() != (in.repeat == Insn.REP)) {
                return;
            }
        }
    }

    /**
     * Moves or stores as many as lie within one page, where nobody has to be asked; {@return how many, 0 if somebody
     * has to, or it is not worth it}
     */
    private static int run(Cpu cpu, Insn in, int most) {
        int size = in.size;
        long to = destination(cpu, in);
        long from = in.op == Op.MOVS ? source(cpu, in) : 0;
        long room = Math.min(PAGE - (to & PAGE - 1), PAGE - (from & PAGE - 1)) / size;
        int count = (int) Math.min(room, most);
        long left = cpu.register(1, in.addressSize);
        count = left > 0 && left < count ? (int) left : count;
        int bytes = count * size;
        if (count < 2 || in.addressSize == 4 && wraps(cpu, in, bytes)) {
            return 0;
        }
        boolean good = in.op == Op.MOVS ? cpu.mmu.move(from, to, bytes) : cpu.mmu.repeat(to, size, count, cpu.r[0]);
        if (!good) {
            return 0;
        }
        advance(cpu, in, 7, bytes);
        if (in.op == Op.MOVS) {
            advance(cpu, in, 6, bytes);
        }
        cpu.register(1, in.addressSize, left - count);
        return count;
    }

    private static boolean wraps(Cpu cpu, Insn in, int bytes) {
        long end = 1L << 32;
        return cpu.register(7, 4) + bytes > end || in.op == Op.MOVS && cpu.register(6, 4) + bytes > end;
    }

    private static long source(Cpu cpu, Insn in) {
        return cpu.linear(in.segment, cpu.register(6, in.addressSize));
    }

    private static long destination(Cpu cpu, Insn in) {
        return cpu.linear(cpu.implied(Insn.ES), cpu.register(7, in.addressSize));
    }

    private static void once(Cpu cpu, Insn in) {
        int size = in.size;
        long step = (cpu.flags & Cpu.DF) != 0 ? -size : size;
        switch (in.op) {
            case MOVS -> {
                cpu.mmu.store(destination(cpu, in), size, cpu.mmu.load(source(cpu, in), size));
                advance(cpu, in, 6, step);
                advance(cpu, in, 7, step);
            }
            case STOS -> {
                cpu.mmu.store(destination(cpu, in), size, cpu.r[0]);
                advance(cpu, in, 7, step);
            }
            case LODS -> {
                cpu.register(0, size, cpu.mmu.load(source(cpu, in), size));
                advance(cpu, in, 6, step);
            }
            case CMPS -> {
                long a = Cpu.extend(cpu.mmu.load(source(cpu, in), size), size);
                long b = Cpu.extend(cpu.mmu.load(destination(cpu, in), size), size);
                Alu.compute(cpu, Op.SUB, size, a, b);
                advance(cpu, in, 6, step);
                advance(cpu, in, 7, step);
            }
            case SCAS -> {
                long b = Cpu.extend(cpu.mmu.load(destination(cpu, in), size), size);
                Alu.compute(cpu, Op.SUB, size, Cpu.extend(cpu.r[0], size), b);
                advance(cpu, in, 7, step);
            }
            case INS -> {
                SystemOps.checkPort(cpu, (int) cpu.r[2] & 0xFFFF, size);
                long address = destination(cpu, in);
                cpu.mmu.checkWrite(address, size);
                cpu.mmu.store(address, size, cpu.host.ports().read(cpu.r[2] & 0xFFFF, size));
                advance(cpu, in, 7, step);
            }
            default -> {
                SystemOps.checkPort(cpu, (int) cpu.r[2] & 0xFFFF, size);
                cpu.host.ports().write(cpu.r[2] & 0xFFFF, size, cpu.mmu.load(source(cpu, in), size));
                advance(cpu, in, 6, step);
            }
        }
    }

    private static void advance(Cpu cpu, Insn in, int number, long step) {
        cpu.register(number, in.addressSize, cpu.r[number] + step);
    }
}
