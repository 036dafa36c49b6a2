package belljar.virtio;

import belljar.machine.StateStream;
import belljar.machine.Stateful;

/**
 * What kind of device answers behind the registers of a {@link VirtioMmio}, which is all that calls this.
 *
 * <p>From {@link #activate} to {@link #reset} the device has a driver. In between, {@link #serve} is called on one
 * thread, and only there may the device use queues and guest memory; whatever other threads of the device have for the
 * guest they keep, and have the driver {@link GuestDriver#signal signalled}. A method that throws breaks the device
 * until it is reset.
 */
public interface VirtioDevice extends Stateful, AutoCloseable {
    /** {@return the number of its kind (virtio 1.2, section 5)} */
    int type();

    /** {@return the bits of features that it offers, of those that belong to its kind: 0 to 23 and 50 on} */
    long features();

    /** {@return how many queues it has, 0 to 64} */
    int queues();

    /**
     * {@return how many entries a queue has at most, a power of two up to 32768}
     *
     * @param queue its number, less than {@link #queues}
     */
    int queueSize(int queue);

    /** {@return its configuration, always the same object} */
    ConfigSpace config();

    /**
     * Takes notice that the driver has written to the configuration, which it is for the device to change. Called by
     * the threads of virtual CPUs, with a driver or without, and may not wait. Bytes may be beyond the configuration.
     *
     * @param offset bytes from its beginning, 0 to 255
     * @param size how many bytes: 1, 2, 4 or 8
     * @param value the value, zero-extended
     */
    default void configWritten(int offset, int size, long value) {}

    /**
     * Begins to work. Called by a virtual CPU's thread, and may not wait.
     *
     * @param driver the driver, until the next reset
     */
    void activate(GuestDriver driver);

    /**
     * Does what there is to do for a queue: the driver has put something into it, somebody signalled it, or there is no
     * particular reason. It ends when the queue gives nothing more, which it also does once the device is to pause or
     * to be reset; it waits for nothing that may take longer than a disk does.
     *
     * @param queue its number
     */
    void serve(int queue);

    /**
     * Goes back to the state at the machine's start; the driver is gone, and nothing is being served. Called by a
     * virtual CPU's thread, with a driver or without.
     */
    void reset();

    /**
     * Saves or loads what the device itself knows, apart from its configuration, which is transferred before. Called
     * while nothing is being served; to load, on a device at reset, after {@link #activate} if there is a driver that
     * works. What the driver is told then, it hears when the device goes on.
     *
     * @param state where to, or where from
     * @throws belljar.failure.UserException if what is loaded does not fit this device
     */
    @Override
    void transfer(StateStream state);

    /** Gives the host's things back. Called once, after the last reset. */
    @Override
    void close();
}
