package belljar.virtio;

/** Bits of features that belong to no kind of device (virtio 1.2, section 6). */
public final class Features {
    /** A descriptor may be a table of descriptors. */
    public static final long INDIRECT_DESC = 1L << 28;

    /** Each side says from which entry on it wants to be told. */
    public static final long EVENT_IDX = 1L << 29;

    /** The driver knows version 1 of the specification; it must. */
    public static final long VERSION_1 = 1L << 32;

    /** Queues are in the packed layout. */
    public static final long RING_PACKED = 1L << 34;

    /** All that the transport here can do. */
    public static final long TRANSPORT = INDIRECT_DESC | EVENT_IDX | VERSION_1 | RING_PACKED;

    /** Those of a device's own kind: 0 to 23, and 50 to 63. */
    static final long OF_DEVICE = 0xFFFFFFL | -1L << 50;

    private Features() {}
}
