package belljar.virtio;

/** Who can give guest memory back to the host: whoever mapped it. Called by the threads of devices. */
@FunctionalInterface
public interface MemoryRelease {
    /** Who keeps all of it. */
    MemoryRelease NONE = (offset, length) -> {};

    /**
     * Gives back a range that the guest does not use for now. It may use it again at any time without a word, and finds
     * zeros there or what was there before. A host that refuses is no concern of the guest's.
     *
     * @param offset where in {@link belljar.machine.GuestMemory#bytes} it begins, a multiple of 4096
     * @param length bytes, a multiple of 4096, within memory
     */
    void release(long offset, long length);
}
