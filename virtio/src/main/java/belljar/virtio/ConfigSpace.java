package belljar.virtio;

import belljar.failure.BugException;
import belljar.machine.StateStream;
import belljar.machine.Stateful;

/**
 * The configuration of a device, which its driver reads (virtio 1.2, section 2.5). Numbers are little-endian. Whenever
 * it changes, so does its generation, by which a driver that reads several fields knows whether they belong together.
 *
 * <p>Safe for use by several threads. Who changes several fields that belong together holds this object's monitor.
 */
public final class ConfigSpace implements Stateful {
    /** Bytes that it has at most. */
    public static final int MOST = 256;

    private final byte[] bytes;
    private int generation;
    private volatile Runnable listener = () -> {};

    /**
     * Makes a configuration of zeros.
     *
     * @param size bytes, 0 to {@link #MOST}
     */
    public ConfigSpace(int size) {
        if (size < 0 || size > MOST) {
            throw new BugException("a device's configuration cannot have " + size + " bytes", null);
        }
        bytes = new byte[size];
    }

    /** {@return bytes in all} */
    public int size() {
        return bytes.length;
    }

    /** Sets who is told of changes that the driver is to hear of. */
    void listen(Runnable who) {
        listener = who;
    }

    synchronized int generation() {
        return generation;
    }

    /**
     * {@return a number; bytes beyond the end are 0}
     *
     * @param offset bytes from the beginning, 0 or more
     * @param size how many bytes, 1 to 8
     */
    public synchronized long read(int offset, int size) {
        long value = 0;
        for (int i = Math.min(size, bytes.length - offset) - 1; i >= 0; i--) {
            value = value << 8 | bytes[offset + i] & 0xFF;
        }
        return value;
    }

    /**
     * Writes a number.
     *
     * @param offset bytes from the beginning, all of them within the configuration
     * @param size how many bytes, 1 to 8
     * @param value the number; bits above the size are ignored
     */
    public synchronized void write(int offset, int size, long value) {
        boolean changed = false;
        for (int i = 0; i < size; i++) {
            byte next = (byte) (value >>> 8 * i);
            changed |= bytes[offset + i] != next;
            bytes[offset + i] = next;
        }
        generation += changed ? 1 : 0;
    }

    @Override
    public synchronized void transfer(StateStream state) {
        state.number(bytes.length, bytes.length, bytes.length);
        generation = state.number(generation);
        state.bytes(bytes);
    }

    /** Tells the driver that the configuration has changed. From any thread, whether there is a driver or not. */
    public void announce() {
        listener.run();
    }
}
