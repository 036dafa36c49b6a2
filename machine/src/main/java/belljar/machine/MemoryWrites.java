package belljar.machine;

/**
 * Who wants to know what devices write into a machine's memory: a CPU that keeps decoded instructions, or one who looks
 * for pages that changed. Called by the threads of devices, and sees to its own locking.
 */
@FunctionalInterface
public interface MemoryWrites {
    /** Who wants to know nothing. */
    MemoryWrites NONE = (offset, length) -> {};

    /**
     * Tells that bytes have been written.
     *
     * @param offset where in {@link GuestMemory#bytes} the first one is
     * @param length how many, 0 or more
     */
    void written(long offset, long length);
}
