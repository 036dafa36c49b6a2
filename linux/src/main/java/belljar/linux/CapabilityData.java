package belljar.linux;

/**
 * The arguments of capget(2) and capset(2), version 3, as {@code linux/capability.h} lays them out: a header of
 * {@code __u32 version; int pid} and two elements of {@code __u32 effective, permitted, inheritable}, low half first.
 * Data only: capset changes the calling thread, so no thread of this process may make it.
 */
public final class CapabilityData {
    /** {@code _LINUX_CAPABILITY_VERSION_3}. */
    public static final int VERSION_3 = 0x20080522;

    /** Bytes of the header. */
    public static final int HEADER_SIZE = 8;

    /** Bytes of both data elements. */
    public static final int DATA_SIZE = 24;

    private CapabilityData() {}

    /**
     * Allocates the header for the calling thread itself.
     *
     * @param memory where to
     * @return its address
     */
    public static long header(Memory memory) {
        long header = memory.allocate(HEADER_SIZE);
        memory.putInt(header, VERSION_3);
        return header;
    }

    /**
     * Allocates the data.
     *
     * @param memory where to
     * @param effective the effective set
     * @param permitted the permitted set
     * @param inheritable the inheritable set
     * @return its address
     */
    public static long sets(
            Memory memory, CapabilitySet effective, CapabilitySet permitted, CapabilitySet inheritable) {
        long data = memory.allocate(DATA_SIZE);
        long[] sets = {effective.bits(), permitted.bits(), inheritable.bits()};
        for (int i = 0; i < sets.length; i++) {
            memory.putInt(data + 4L * i, (int) sets[i]);
            memory.putInt(data + 12 + 4L * i, (int) (sets[i] >>> 32));
        }
        return data;
    }

    /**
     * {@return one of the sets that capget filled in}
     *
     * @param memory where the data is
     * @param data its address
     * @param index 0 the effective, 1 the permitted, 2 the inheritable set
     */
    public static CapabilitySet set(Memory memory, long data, int index) {
        long low = memory.getInt(data + 4L * index) & 0xffffffffL;
        long high = memory.getInt(data + 12 + 4L * index) & 0xffffffffL;
        return CapabilitySet.ofBits(high << 32 | low);
    }
}
