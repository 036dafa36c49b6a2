package belljar.machine;

/**
 * Something with registers, in memory or among the ports. It is called by the threads of all virtual CPUs and sees to
 * its own locking. Whatever the guest does here, it throws nothing.
 */
public interface Device {
    /**
     * Reads registers.
     *
     * @param offset bytes from the device's first address
     * @param size how many bytes: 1, 2, 4 or 8
     * @return the value, zero-extended; all ones where nothing answers
     */
    long read(long offset, int size);

    /**
     * Writes registers.
     *
     * @param offset bytes from the device's first address
     * @param size how many bytes: 1, 2, 4 or 8
     * @param value the value; bits above the size mean nothing
     */
    void write(long offset, int size, long value);
}
