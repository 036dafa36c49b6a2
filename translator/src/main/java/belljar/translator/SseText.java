package belljar.translator;

/** PCMPESTRM, PCMPESTRI, PCMPISTRM and PCMPISTRI, which compare strings (SDM volume 2, section 4.1). */
final class SseText {
    private SseText() {}

    static void execute(Cpu cpu, Insn in, int opcode, int control) {
        int count = (control & 1) == 0 ? 16 : 8;
        boolean isExplicit = opcode < 0x62;
        long low = in.second >= 0 ? cpu.xmm[2 * in.second] : cpu.mmu.load8(cpu.linear(in));
        long high = in.second >= 0 ? cpu.xmm[2 * in.second + 1] : cpu.mmu.load8(cpu.linear(in) + 8);
        int[] first = elements(cpu.xmm[2 * in.first], cpu.xmm[2 * in.first + 1], control);
        int[] second = elements(low, high, control);
        int size = in.size == 8 ? 8 : 4;
        int one = isExplicit ? length(cpu.r[0], size, count) : end(first);
        int two = isExplicit ? length(cpu.r[2], size, count) : end(second);
        int found = 0;
        for (int j = 0; j < count; j++) {
            found |= matches(first, one, second, two, j, control >> 2 & 3) ? 1 << j : 0;
        }
        int all = (1 << count) - 1;
        if ((control & 0x10) != 0) {
            found ^= (control & 0x20) != 0 ? (1 << two) - 1 : all;
        }
        if ((opcode & 1) == 0) {
            mask(cpu, found, count, (control & 0x40) != 0);
        } else {
            boolean isLast = (control & 0x40) != 0;
            cpu.r[1] = found == 0
                    ? count
                    : isLast ? 31 - Integer.numberOfLeadingZeros(found) : Integer.numberOfTrailingZeros(found);
        }
        cpu.arithmetic((found != 0 ? Cpu.CF : 0)
                | (two < count ? Cpu.ZF : 0)
                | (one < count ? Cpu.SF : 0)
                | ((found & 1) != 0 ? Cpu.OF : 0));
    }

    private static int[] elements(long low, long high, int control) {
        int bits = (control & 1) == 0 ? 8 : 16;
        int half = 64 / bits;
        int[] elements = new int[2 * half];
        for (int i = 0; i < elements.length; i++) {
            int value = (int) ((i < half ? low : high) >>> bits * (i % half));
            boolean isSigned = (control & 2) != 0;
            elements[i] =
                    bits == 8 ? isSigned ? (byte) value : value & 0xFF : isSigned ? (short) value : value & 0xFFFF;
        }
        return elements;
    }

    private static int length(long register, int size, int count) {
        long length = Math.abs(Cpu.extend(register, size));
        return length < 0 ? count : (int) Math.min(length, count);
    }

    private static int end(int[] elements) {
        int at = 0;
        while (at < elements.length && elements[at] != 0) {
            at++;
        }
        return at;
    }

    /** {@return whether an element of the second string matches} What is beyond the ends counts as table 4-7 says. */
    private static boolean matches(int[] first, int one, int[] second, int two, int at, int how) {
        boolean inside = at < two;
        return switch (how) {
            case 0 -> inside && isAny(first, one, second[at]);
            case 1 -> inside && isInRange(first, one, second[at]);
            case 2 -> at < one && inside ? first[at] == second[at] : at >= one && !inside;
            default -> begins(first, one, second, two, at);
        };
    }

    private static boolean isAny(int[] set, int count, int element) {
        for (int i = 0; i < count; i++) {
            if (set[i] == element) {
                return true;
            }
        }
        return false;
    }

    private static boolean isInRange(int[] ranges, int count, int element) {
        for (int i = 0; i + 1 < count; i += 2) {
            if (ranges[i] <= element && element <= ranges[i + 1]) {
                return true;
            }
        }
        return false;
    }

    private static boolean begins(int[] text, int count, int[] in, int end, int at) {
        for (int i = 0; i < count && at + i < in.length; i++) {
            if (at + i >= end || text[i] != in[at + i]) {
                return false;
            }
        }
        return true;
    }

    private static void mask(Cpu cpu, int found, int count, boolean expands) {
        long[] halves = {found, 0};
        if (expands) {
            halves[0] = 0;
            int bytes = 16 / count;
            for (int i = 0; i < 16; i++) {
                halves[i >> 3] |= (found >> i / bytes & 1) == 0 ? 0 : 0xFFL << 8 * (i & 7);
            }
        }
        Sse.set(cpu, 0, halves[0], halves[1]);
    }
}
