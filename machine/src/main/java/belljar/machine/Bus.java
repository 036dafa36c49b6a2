package belljar.machine;

import belljar.failure.BugException;
import java.util.Arrays;

/**
 * Leads accesses to the devices at their addresses. There are two in a machine: one for memory, one for ports. Where no
 * device answers, reads give all ones and writes are lost, as on a PC.
 *
 * <p>Devices are attached before the first access; then it is safe for use by several threads, and an access allocates
 * nothing.
 */
public final class Bus {
    private long[] bases = new long[0];
    private long[] lengths = new long[0];
    private Device[] devices = new Device[0];

    /** Makes a bus without devices. */
    public Bus() {}

    /**
     * Attaches a device.
     *
     * @param base its first address, 0 or more
     * @param length how many addresses it has, 1 or more
     * @param device what answers there
     * @throws BugException if another device is there
     */
    public void attach(long base, long length, Device device) {
        int at = Arrays.binarySearch(bases, base);
        int place = at < 0 ? -at - 1 : at;
        boolean below = place > 0 && bases[place - 1] + lengths[place - 1] > base;
        boolean above = place < bases.length && base + length > bases[place];
        if (base < 0 || length < 1 || below || above) {
            throw new BugException("two devices at the address 0x" + Long.toHexString(base), null);
        }
        long[] newBases = Arrays.copyOf(bases, bases.length + 1);
        long[] newLengths = Arrays.copyOf(lengths, bases.length + 1);
        Device[] newDevices = Arrays.copyOf(devices, bases.length + 1);
        System.arraycopy(bases, place, newBases, place + 1, bases.length - place);
        System.arraycopy(lengths, place, newLengths, place + 1, bases.length - place);
        System.arraycopy(devices, place, newDevices, place + 1, bases.length - place);
        newBases[place] = base;
        newLengths[place] = length;
        newDevices[place] = device;
        bases = newBases;
        lengths = newLengths;
        devices = newDevices;
    }

    /**
     * Reads.
     *
     * @param address the address
     * @param size how many bytes: 1, 2, 4 or 8
     * @return the value, zero-extended
     */
    public long read(long address, int size) {
        int at = find(address, size);
        long value = at < 0 ? -1 : devices[at].read(address - bases[at], size);
        return size == 8 ? value : value & (1L << 8 * size) - 1;
    }

    /**
     * Writes.
     *
     * @param address the address
     * @param size how many bytes: 1, 2, 4 or 8
     * @param value the value; bits above the size are ignored
     */
    public void write(long address, int size, long value) {
        int at = find(address, size);
        if (at >= 0) {
            devices[at].write(address - bases[at], size, size == 8 ? value : value & (1L << 8 * size) - 1);
        }
    }

    /** The device that has all addresses of an access; -1 for none. */
    private int find(long address, int size) {
        int low = 0;
        int high = bases.length - 1;
        while (low <= high) {
            int middle = low + high >>> 1;
            long offset = address - bases[middle];
            if (address < 0 || offset < 0) {
                high = middle - 1;
            } else if (offset >= lengths[middle]) {
                low = middle + 1;
            } else {
                return offset + size <= lengths[middle] ? middle : -1;
            }
        }
        return -1;
    }
}
