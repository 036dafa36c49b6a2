package belljar.machine;

/** A wire by which a device asks for attention. From any thread. */
@FunctionalInterface
public interface InterruptLine {
    /** A wire to nowhere. */
    InterruptLine NONE = high -> {};

    /**
     * Sets the wire's level.
     *
     * @param high whether the device wants attention
     */
    void set(boolean high);
}
