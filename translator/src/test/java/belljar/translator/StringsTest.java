package belljar.translator;

import static org.assertj.core.api.Assertions.assertThat;

import belljar.machine.GuestMemory;
import belljar.machine.PowerControl;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Repeated moves and stores, which are done in runs: the same as one after the other (SDM volume 2, "REP"). */
final class StringsTest {
    private static final int AREA = 0x10_0000;
    private static final int AREA_SIZE = 0x1_0000;
    private static final int REGISTERS = 0x9000;
    private static final int PAGE_FAULT = 14;
    private static final long HANDLER = 0x1_1000;

    /** lgdt; lidt. */
    private static final String TABLES = "0f01142500600000" + "0f011c2510600000";

    /** Stores RCX, RSI, RDI and ends. */
    private static final String END = "48890c2500900000" + "4889342508900000" + "48893c2510900000" + "e6f4" + "ebfe";

    private static String load(String opcode, long value) {
        return "48" + opcode + HexFormat.of().toHexDigits(Long.reverseBytes(value));
    }

    private static void stored(byte[] area, int size, boolean down, int to, int count, long value) {
        for (int i = 0; i < count; i++) {
            for (int at = 0; at < size; at++) {
                area[to + (down ? -i : i) * size + at] = (byte) (value >>> 8 * at);
            }
        }
    }

    private static void moved(byte[] area, int size, boolean down, int from, int to, int count) {
        int step = down ? -size : size;
        for (int i = 0; i < count; i++) {
            byte[] element = Arrays.copyOfRange(area, from + i * step, from + i * step + size);
            System.arraycopy(element, 0, area, to + i * step, size);
        }
    }

    @Test
    void runsAreTheSameAsElements() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        String[] moves = {"a4", "66a5", "a5", "48a5"};
        String[] stores = {"aa", "66ab", "ab", "48ab"};
        int[] sizes = {1, 2, 4, 8};
        for (int round = 0; round < 200; round++) {
            int which = random.nextInt(4);
            int size = sizes[which];
            boolean down = random.nextInt(4) == 0;
            boolean isStore = random.nextBoolean();
            int count = random.nextInt(8) == 0 ? random.nextInt(3) : random.nextInt(12_000 / size);
            int span = count * size;
            int from = span + random.nextInt(AREA_SIZE - 2 * span - 16);
            // Often over each other, by little or by much
            int to = random.nextBoolean()
                    ? Math.clamp(from + random.nextInt(64) - 32L, span, AREA_SIZE - span - 16)
                    : span + random.nextInt(AREA_SIZE - 2 * span - 16);
            long value = random.nextLong();
            byte[] expected = new byte[AREA_SIZE];
            random.nextBytes(expected);
            String repeated = "f3" + (isStore ? stores[which] : moves[which]);
            String code = load("b8", value)
                    + load("b9", count)
                    + load("be", AREA + from)
                    + load("bf", AREA + to)
                    + (down ? "fd" : "fc")
                    + repeated
                    + END;
            try (GuestProgram program = new GuestProgram(1).code(GuestProgram.CODE, code)) {
                GuestMemory memory = program.memory();
                memory.write(AREA, expected);
                assertThat(program.run()).isEqualTo(PowerControl.State.OFF);
                if (isStore) {
                    stored(expected, size, down, to, count, value);
                } else {
                    moved(expected, size, down, from, to, count);
                }
                byte[] found = new byte[AREA_SIZE];
                memory.read(AREA, found, 0, AREA_SIZE);
                String what = "seed " + seed + " round " + round + ": " + repeated + " " + count;
                assertThat(found).as(what).isEqualTo(expected);
                long end = down ? -span : span;
                assertThat(memory.getLong(REGISTERS)).as(what).isZero();
                assertThat(memory.getLong(REGISTERS + 8)).as(what).isEqualTo(AREA + from + (isStore ? 0 : end));
                assertThat(memory.getLong(REGISTERS + 16)).as(what).isEqualTo(AREA + to + end);
            }
        }
    }

    @Test
    void aFaultLeavesTheRegistersAtTheElementThatMetIt() {
        // Beyond the first GiB there are 8 MiB more; what is behind them is not mapped: 2^30 + 0x800000 - 0x18 + ...
        long end = (1L << 30) + (8 << 20);
        String code = TABLES + load("b8", 0x1122334455667788L) + load("b9", 100) + load("bf", end - 24) + "f348ab";
        try (GuestProgram program = new GuestProgram(1)
                .handler(PAGE_FAULT, HANDLER)
                .code(HANDLER, END)
                .code(GuestProgram.CODE, code)) {
            assertThat(program.run()).isEqualTo(PowerControl.State.OFF);
            assertThat(program.memory().getLong(REGISTERS)).isEqualTo(97);
            assertThat(program.memory().getLong(REGISTERS + 16)).isEqualTo(end);
        }
    }

    @Test
    void codeThatIsStoredOverIsExecutedAsItIsThen() {
        // Calls code at 20000h, which adds 1 to EBX; stores NOPs over it; calls it again.
        String call = "b800000200" + "ffd0";
        String store = load("b8", 0x90) + load("b9", 2) + load("bf", 0x2_0000) + "fc" + "f3aa";
        String code = "31db" + call + store + call + "48891c2518900000" + END;
        try (GuestProgram program =
                new GuestProgram(1).code(0x2_0000, "ffc3" + "c3").code(GuestProgram.CODE, code)) {
            assertThat(program.run()).isEqualTo(PowerControl.State.OFF);
            assertThat(program.memory().getLong(REGISTERS + 24)).isEqualTo(1);
        }
    }
}
