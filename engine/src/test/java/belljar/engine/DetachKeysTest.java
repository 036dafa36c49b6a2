package belljar.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.UserException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class DetachKeysTest {
    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    @Test
    void seesTheKeysAcrossReadsAndPassesAllElse() {
        DetachKeys keys = DetachKeys.parse(DetachKeys.DEFAULT);
        assertThat(keys.take(bytes("ls\u0010"), 3)).isFalse();
        assertThat(keys.passed()).isEqualTo(bytes("ls"));
        assertThat(keys.take(bytes("x\u0010"), 2)).isFalse();
        assertThat(keys.passed()).isEqualTo(bytes("\u0010x"));
        assertThat(keys.take(bytes("\u0010"), 1)).isFalse();
        assertThat(keys.passed()).isEqualTo(bytes("\u0010"));
        assertThat(keys.take(bytes("\u0011rest"), 5)).isTrue();
        assertThat(keys.passed()).isEmpty();
    }

    @Test
    void passesWhatWasHeldBackWhenInputEnds() {
        DetachKeys keys = DetachKeys.parse("a,b,c");
        keys.take(bytes("xab"), 3);
        assertThat(keys.passed()).isEqualTo(bytes("x"));
        keys.end();
        assertThat(keys.passed()).isEqualTo(bytes("ab"));
    }

    @Test
    void findsTheKeysWhereverAndHoweverTheyAreCut() {
        Random random = new Random(5);
        for (int round = 0; round < 5_000; round++) {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < 24; i++) {
                text.append((char) ('a' + random.nextInt(2)));
            }
            StringBuilder spec = new StringBuilder();
            StringBuilder wanted = new StringBuilder();
            for (int i = random.nextInt(5); i >= 0; i--) {
                char c = (char) ('a' + random.nextInt(2));
                wanted.append(c);
                spec.append(spec.isEmpty() ? "" : ",").append(c);
            }
            DetachKeys keys = DetachKeys.parse(spec.toString());
            ByteArrayOutputStream passed = new ByteArrayOutputStream();
            int at = 0;
            boolean left = false;
            while (at < text.length() && !left) {
                int next = Math.min(text.length(), at + 1 + random.nextInt(6));
                left = keys.take(bytes(text.substring(at, next)), next - at);
                passed.writeBytes(keys.passed());
                at = next;
            }
            keys.end();
            passed.writeBytes(keys.passed());
            int found = text.indexOf(wanted.toString());
            assertThat(left).isEqualTo(found >= 0);
            assertThat(passed.toString(StandardCharsets.ISO_8859_1))
                    .isEqualTo(found >= 0 ? text.substring(0, found) : text.toString());
        }
    }

    @Test
    void takesPodmansNamesOfKeys() {
        assertThat(DetachKeys.parse("ctrl-@").take(new byte[] {0}, 1)).isTrue();
        assertThat(DetachKeys.parse("ctrl-[").take(new byte[] {27}, 1)).isTrue();
        assertThat(DetachKeys.parse("ctrl-_").take(new byte[] {31}, 1)).isTrue();
        assertThat(DetachKeys.parse("ctrl-A,Z").take(bytes("\u0001Z"), 2)).isTrue();
        assertThat(DetachKeys.parse("").take(bytes("\u0010\u0011"), 2)).isFalse();
        for (String bad : new String[] {"ctrl-", "ctrl-1", "ab", "a,,b", "ctrl-p,"}) {
            assertThatThrownBy(() -> DetachKeys.parse(bad))
                    .isInstanceOf(UserException.class)
                    .hasMessageContaining("--detach-keys '" + bad + "'");
        }
    }
}
