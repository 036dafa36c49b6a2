package belljar.translator;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.Formatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Where a CPU's instructions go: how often each operation and each block of instructions was executed, and how often
 * each exception and interrupt was delivered. A block counts as executed when it is entered, although a fault may end
 * it early. Blocks that were counted are kept, whatever becomes of them in the CPU.
 *
 * <p>Filled by the CPU's thread, and read when that has ended.
 */
public final class Profile {
    private static final int VECTORS = 256;
    private static final int HOTTEST = 50;

    private final List<Block> blocks = new ArrayList<>();
    private final long[] single = new long[Op.values().length];
    private final long[] vectors = new long[VECTORS];

    Profile() {}

    void block(Block block) {
        if (block.count++ == 0) {
            blocks.add(block);
        }
    }

    /** Notes an instruction that was executed by itself, between looks at breakpoints and the like. */
    void single(Op op) {
        single[op.ordinal()]++;
    }

    void vector(int vector) {
        vectors[vector & VECTORS - 1]++;
    }

    /**
     * {@return a report, lines of text: instructions by group and by operation, the blocks in which most were executed,
     * and exceptions and interrupts}
     *
     * @param profiles those of a machine's CPUs
     */
    public static String report(List<Profile> profiles) {
        long[] operations = new long[Op.values().length];
        long[] delivered = new long[VECTORS];
        List<Block> all = new ArrayList<>();
        for (Profile profile : profiles) {
            for (int i = 0; i < operations.length; i++) {
                operations[i] += profile.single[i];
            }
            for (int i = 0; i < VECTORS; i++) {
                delivered[i] += profile.vectors[i];
            }
            for (Block block : profile.blocks) {
                for (Insn in : block.code) {
                    operations[in.op.ordinal()] += block.count;
                }
            }
            all.addAll(profile.blocks);
        }
        StringBuilder text = new StringBuilder();
        Formatter out = new Formatter(text, Locale.ROOT);
        long sum = Arrays.stream(operations).sum();
        out.format("%d instructions in %d blocks%n", sum, all.size());
        groups(out, operations, sum);
        operations(out, operations, sum);
        hottest(out, all, sum);
        out.format("%n%14s  vector%n", "delivered");
        for (int i = 0; i < VECTORS; i++) {
            if (delivered[i] != 0) {
                out.format("%14d  %d%n", delivered[i], i);
            }
        }
        return text.toString();
    }

    private static double share(long part, long sum) {
        return sum == 0 ? 0 : 100.0 * part / sum;
    }

    private static void groups(Formatter out, long[] operations, long sum) {
        Map<Op.Group, Long> groups = new EnumMap<>(Op.Group.class);
        for (Op op : Op.values()) {
            groups.merge(op.group, operations[op.ordinal()], Long::sum);
        }
        out.format("%n%14s  %6s  group%n", "instructions", "share");
        groups.entrySet().stream()
                .filter(each -> each.getValue() != 0)
                .sorted(Map.Entry.<Op.Group, Long>comparingByValue().reversed())
                .forEach(each ->
                        out.format("%14d  %5.1f%%  %s%n", each.getValue(), share(each.getValue(), sum), each.getKey()));
    }

    private static void operations(Formatter out, long[] operations, long sum) {
        out.format("%n%14s  %6s  operation%n", "instructions", "share");
        Arrays.stream(Op.values())
                .filter(op -> operations[op.ordinal()] != 0)
                .sorted(Comparator.comparingLong((Op op) -> operations[op.ordinal()])
                        .reversed())
                .forEach(op -> out.format(
                        "%14d  %5.1f%%  %s%n", operations[op.ordinal()], share(operations[op.ordinal()], sum), op));
    }

    private static void hottest(Formatter out, List<Block> all, long sum) {
        out.format("%n%14s  %6s  %12s  %5s  %5s  address%n", "instructions", "share", "executed", "each", "bytes");
        all.stream()
                .sorted(Comparator.comparingLong((Block block) -> block.count * block.code.length)
                        .reversed())
                .limit(HOTTEST)
                .forEach(block -> out.format(
                        "%14d  %5.1f%%  %12d  %5d  %5d  %x%n",
                        block.count * block.code.length,
                        share(block.count * block.code.length, sum),
                        block.count,
                        block.code.length,
                        block.code[block.code.length - 1].next - block.address,
                        block.base + block.address));
    }
}
