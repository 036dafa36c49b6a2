package belljar.translator;

import java.nio.ByteBuffer;
import java.security.SecureRandom;

/** What RDRAND and RDSEED give: numbers that nobody foresees, since guests make keys of them. Safe for all threads. */
final class RandomNumbers {
    private static final int BYTES = 512;
    private static final SecureRandom SOURCE = new SecureRandom();
    private static final ByteBuffer STORE = ByteBuffer.allocate(BYTES).limit(0);

    private RandomNumbers() {}

    static synchronized long next() {
        if (!STORE.hasRemaining()) {
            SOURCE.nextBytes(STORE.clear().array());
        }
        return STORE.getLong();
    }
}
