package belljar.integration;

import java.util.function.BooleanSupplier;

/** Waiting for what other processes do. */
final class Await {
    private static final int TRIES = 300;

    private Await() {}

    /** Waits until something is so, and fails when it never is. */
    static void until(String what, BooleanSupplier holds) {
        for (int tries = 0; !holds.getAsBoolean(); tries++) {
            if (tries == TRIES) {
                throw new AssertionError("waited in vain until " + what);
            }
            nap(100);
        }
    }

    /** Lets time pass, where the moment is what a test varies. */
    static void nap(int milliseconds) {
        try {
            Thread.sleep(milliseconds);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
