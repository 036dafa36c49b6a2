package belljar.linux;

/** Values of ioprio_set(2), from {@code linux/ioprio.h}. */
public final class IoPrio {
    /** The call's first argument for one thread. */
    public static final int WHO_PROCESS = 1;

    /** Real time: served before all others. */
    public static final int CLASS_RT = 1;

    /** Best effort, the default. */
    public static final int CLASS_BE = 2;

    /** Served when nobody else wants the disk. */
    public static final int CLASS_IDLE = 3;

    private IoPrio() {}

    /**
     * {@return the call's third argument}
     *
     * @param ioClass one of the classes
     * @param level 0, the highest, to 7
     */
    public static int value(int ioClass, int level) {
        return ioClass << 13 | level & 7;
    }
}
