package belljar.virtio;

import belljar.machine.GuestMemory;
import belljar.machine.StateStream;
import belljar.machine.Stateful;

/** What a driver has said about one queue before it uses it. */
final class QueueRegisters implements Stateful {
    private static final int EVENT_ALIGNMENT = 4;

    int size;
    boolean ready;
    long descriptors;
    long driver;
    long device;

    void clear() {
        size = 0;
        ready = false;
        descriptors = 0;
        driver = 0;
        device = 0;
    }

    @Override
    public void transfer(StateStream state) {
        size = state.number(size);
        ready = state.flag(ready);
        descriptors = state.number(descriptors);
        driver = state.number(driver);
        device = state.number(device);
    }

    /** Makes a queue in which there is never anything. */
    static Virtqueue makeEmpty(GuestDriver guest, int index) {
        return new SplitQueue(guest, index, 0, 0, 0, 0);
    }

    /** Makes the queue; fails the driver where it cannot be, and the queue is empty then. */
    Virtqueue make(GuestDriver guest, int index, int most) {
        if (!ready) {
            return makeEmpty(guest, index);
        }
        boolean packed = guest.has(Features.RING_PACKED);
        boolean sized = size > 0 && size <= most && (packed || Integer.bitCount(size) == 1);
        if (sized
                && packed
                && lies(guest.memory(), PackedQueue.EVENT_BYTES, PackedQueue.EVENT_BYTES, EVENT_ALIGNMENT)) {
            GuestMemory memory = guest.memory();
            return new PackedQueue(
                    guest, index, size, memory.offset(descriptors), memory.offset(driver), memory.offset(device));
        }
        if (sized && !packed && lies(guest.memory(), SplitQueue.availableBytes(size), SplitQueue.usedBytes(size), 2)) {
            GuestMemory memory = guest.memory();
            return new SplitQueue(
                    guest, index, size, memory.offset(descriptors), memory.offset(driver), memory.offset(device));
        }
        guest.fail("a queue that cannot be");
        return makeEmpty(guest, index);
    }

    private boolean lies(GuestMemory memory, long driverBytes, long deviceBytes, int driverAlignment) {
        return memory.contains(descriptors, SplitQueue.descriptorBytes(size))
                && memory.contains(driver, driverBytes)
                && memory.contains(device, deviceBytes)
                && descriptors % Virtqueue.DESCRIPTOR == 0
                && driver % driverAlignment == 0
                && device % EVENT_ALIGNMENT == 0;
    }
}
