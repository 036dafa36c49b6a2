package belljar.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.UserException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

final class StateReaderTest {
    /** Every kind of value. */
    private static final class Part implements Stateful {
        private int small;
        private long large;
        private boolean yes;
        private final long[] longs = new long[2];
        private final int[] ints = new int[2];
        private final byte[] bytes = new byte[3];
        private byte[] some = {};

        @Override
        public void transfer(StateStream state) {
            state.section("part");
            small = state.number(small, -1, 9);
            large = state.number(large, 0, 1L << 40);
            yes = state.flag(yes);
            state.numbers(longs);
            state.numbers(ints);
            state.bytes(bytes);
            some = state.bytes(some, 10);
        }
    }

    private static byte[] save() {
        Part part = new Part();
        part.small = 7;
        part.large = 1L << 33;
        part.yes = true;
        part.longs[1] = -5;
        part.ints[0] = 6;
        part.bytes[2] = 8;
        part.some = new byte[] {1, 2, 3};
        StateWriter state = new StateWriter();
        part.transfer(state);
        return state.toBytes();
    }

    private static Part load(byte[] state) {
        Part part = new Part();
        StateReader reader = new StateReader("s", state);
        part.transfer(reader);
        reader.end();
        return part;
    }

    @Test
    void givesBackWhatWasSaved() {
        Part part = load(save());
        assertThat(part.small).isEqualTo(7);
        assertThat(part.large).isEqualTo(1L << 33);
        assertThat(part.yes).isTrue();
        assertThat(part.longs).containsExactly(0, -5);
        assertThat(part.ints).containsExactly(6, 0);
        assertThat(part.bytes).containsExactly(0, 0, 8);
        assertThat(part.some).containsExactly(1, 2, 3);
    }

    @Test
    void refusesWhatEndsTooEarlyOrTooLate() {
        byte[] state = save();
        for (int length = 0; length < state.length; length++) {
            byte[] part = Arrays.copyOf(state, length);
            assertThatThrownBy(() -> load(part)).isInstanceOf(UserException.class);
        }
        assertThatThrownBy(() -> load(Arrays.copyOf(state, state.length + 1))).isInstanceOf(UserException.class);
    }

    @Test
    void throwsNothingElseWhateverItReads() {
        int refused = 0;
        byte[] state = save();
        for (int at = 0; at < state.length; at++) {
            for (int value = 0; value < 256; value++) {
                byte[] damaged = state.clone();
                damaged[at] = (byte) value;
                try {
                    load(damaged);
                } catch (UserException e) {
                    refused++;
                }
            }
        }
        assertThat(refused).isGreaterThan(1000);
    }
}
