package belljar.linux;

import static org.assertj.core.api.Assertions.assertThat;

import belljar.linux.CgroupLimits.DeviceRule;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class DeviceFilterTest {
    private static final String LETTERS = "mrw";

    @Test
    void decidesEachAccessByTheLastRuleThatCoversIt() {
        Random random = new Random(42);
        for (int i = 0; i < 400; i++) {
            List<DeviceRule> rules = new ArrayList<>();
            for (int n = random.nextInt(8); n > 0; n--) {
                rules.add(new DeviceRule(
                        random.nextBoolean(),
                        "abc".charAt(random.nextInt(3)),
                        random.nextInt(4) - 1,
                        random.nextInt(4) - 1,
                        List.of("r", "w", "m", "rw", "rwm", "wm").get(random.nextInt(6))));
            }
            byte[] program = DeviceFilter.compile(rules);
            for (int type = 1; type <= 2; type++) {
                for (int device = 0; device < 9; device++) {
                    for (int access = 1; access < 8; access++) {
                        assertThat(run(program, access << 16 | type, device / 3, device % 3))
                                .as("%s: type %d, device %d, access %d", rules, type, device, access)
                                .isEqualTo(expected(rules, type, device / 3, device % 3, access) ? 1 : 0);
                    }
                }
            }
        }
    }

    private static boolean expected(List<DeviceRule> rules, int type, int major, int minor, int access) {
        for (int bit = 0; bit < 3; bit++) {
            boolean allowed = true;
            for (DeviceRule rule : rules) {
                if ((rule.type() == 'a' || rule.type() == (type == 1 ? 'b' : 'c'))
                        && (rule.major() == -1 || rule.major() == major)
                        && (rule.minor() == -1 || rule.minor() == minor)
                        && rule.access().indexOf(LETTERS.charAt(bit)) >= 0) {
                    allowed = rule.allow();
                }
            }
            if ((access >> bit & 1) != 0 && !allowed) {
                return false;
            }
        }
        return true;
    }

    /** Extended BPF, as much of it as a filter uses. */
    private static long run(byte[] code, int accessType, int major, int minor) {
        ByteBuffer program = ByteBuffer.wrap(code).order(ByteOrder.LITTLE_ENDIAN);
        int[] context = {accessType, major, minor};
        long[] r = new long[11];
        for (int pc = 0; ; pc++) {
            int registers = program.get(pc * 8 + 1) & 0xff;
            int d = registers & 15;
            int s = registers >> 4;
            int offset = program.getShort(pc * 8 + 2);
            int k = program.getInt(pc * 8 + 4);
            switch (program.get(pc * 8) & 0xff) {
                case 0x61 -> r[d] = context[offset / 4] & 0xffffffffL;
                case 0xb7 -> r[d] = k;
                case 0xbf -> r[d] = r[s];
                case 0x57 -> r[d] &= k;
                case 0x77 -> r[d] >>>= k;
                case 0x05 -> pc += offset;
                case 0x55 -> pc += r[d] != k ? offset : 0;
                case 0x45 -> pc += (r[d] & k) != 0 ? offset : 0;
                case 0x95 -> {
                    return r[0];
                }
                default -> throw new AssertionError("instruction " + pc);
            }
        }
    }
}
