package belljar.linux;

/** Values of personality(2), from {@code linux/personality.h}. */
public final class Personality {
    /** {@code PER_LINUX}: the machine's own word size. */
    public static final int LINUX = 0;

    /** {@code PER_LINUX32}: uname reports a 32-bit machine. */
    public static final int LINUX32 = 8;

    /** {@code UNAME26}: uname reports a release of 2.6. */
    public static final int UNAME26 = 0x20000;

    /** {@code ADDR_NO_RANDOMIZE}: addresses are not randomised. */
    public static final int ADDR_NO_RANDOMIZE = 0x40000;

    private Personality() {}
}
