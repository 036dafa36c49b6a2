package belljar.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.SecureRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class EntropyDeviceTest {
    /** Bytes that can be told: what this is asked for is known, what it gives is all ones. */
    private static final class Ones extends SecureRandom {
        private static final long serialVersionUID = 1;

        @Override
        public void nextBytes(byte[] bytes) {
            java.util.Arrays.fill(bytes, (byte) -1);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void fillsWhatItIsGiven(boolean packed) {
        try (TestDriver guest = new TestDriver(new EntropyDevice(new Ones()), packed)) {
            guest.start();
            TestRing.Piece first = guest.in(5);
            TestRing.Piece second = guest.in(64);
            assertThat(guest.send(0, guest.out(new byte[3]), first, second)).isEqualTo(69);
            assertThat(guest.bytes(first)).containsOnly(-1);
            assertThat(guest.bytes(second)).containsOnly(-1);
            assertThat(guest.send(0, guest.in(1 << 20))).as("at most a page").isEqualTo(4096);
            assertThat(guest.send(0, guest.out(new byte[3])))
                    .as("nothing to fill")
                    .isZero();
        }
    }
}
