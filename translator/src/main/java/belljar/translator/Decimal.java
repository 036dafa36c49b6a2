package belljar.translator;

/** Decimal arithmetic, which 64-bit mode does not have. */
final class Decimal {
    private Decimal() {}

    static void execute(Cpu cpu, Insn in) {
        int al = (int) cpu.r[0] & 0xFF;
        boolean carry = cpu.cf();
        boolean adjust = cpu.af() || (al & 0xF) > 9;
        switch (in.op) {
            case DAA, DAS -> {
                int sign = in.op == Op.DAA ? 1 : -1;
                boolean high = carry || al > 0x99;
                int result = al + (adjust ? 6 * sign : 0) + (high ? 0x60 * sign : 0);
                boolean borrow = in.op == Op.DAS && adjust && al < 6;
                cpu.register(0, 1, result);
                cpu.mixed((byte) result, (high || borrow ? Cpu.CF : 0) | (adjust ? Cpu.AF : 0));
            }
            case AAA, AAS -> {
                int sign = in.op == Op.AAA ? 1 : -1;
                long ax = cpu.register(0, 2) + (adjust ? 0x106 * sign : 0);
                cpu.register(0, 2, ax & 0xFF0F);
                int both = Cpu.CF | Cpu.AF;
                cpu.arithmetic(cpu.arithmetic() & ~both | (adjust ? both : 0));
            }
            case AAM -> {
                int base = (int) in.immediate & 0xFF;
                if (base == 0) {
                    throw cpu.fault.of(Fault.DIVIDE, 0);
                }
                cpu.register(0, 2, al / base << 8 | al % base);
                cpu.mixed((byte) (al % base), 0);
            }
            case AAD -> {
                int ah = (int) cpu.r[0] >> 8 & 0xFF;
                int result = al + ah * ((int) in.immediate & 0xFF) & 0xFF;
                cpu.register(0, 2, result);
                cpu.mixed((byte) result, 0);
            }
            default -> cpu.register(0, 1, carry ? 0xFF : 0); // SALC
        }
    }
}
