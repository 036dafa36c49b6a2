package belljar.translator;

import java.nio.ByteBuffer;
import java.security.SecureRandom;

/** What RDRAND and RDSEED give: numbers that nobody foresees, since guests make keys of them. Safe for all threads. */
final class RandomNumbers {
    private static final int BYTES = 512;
    private static final SecureRandom SOURCE = new SecureRandom();
    private static final ByteBuffer STORE = ByteBuffer.allocate(BYTES).limit(0);

    private RandomNumbers() {}

    /**
     * {@return the next number} With a counted clock all is to be the same in every run, so there it follows from the
     * time and the place.
     */
    static long next(Cpu cpu) {
        return cpu.host.clock().isCounted() ? mix(cpu.host.clock().nanos() ^ Long.rotateLeft(cpu.rip, 32)) : next();
    }

    /** SplitMix64's way from one number to another. */
    private static long mix(long seed) {
        long z = seed + 0x9E37_79B9_7F4A_7C15L;
        z = (z ^ z >>> 30) * 0xBF58_476D_1CE4_E5B9L;
        z = (z ^ z >>> 27) * 0x94D0_49BB_1331_11EBL;
        return z ^ z >>> 31;
    }

    private static synchronized long next() {
        if (!STORE.hasRemaining()) {
            SOURCE.nextBytes(STORE.clear().array());
        }
        return STORE.getLong();
    }
}
