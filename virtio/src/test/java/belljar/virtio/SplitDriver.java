package belljar.virtio;

import belljar.machine.Device;
import belljar.machine.GuestMemory;

/** A guest's driver with one queue in the split layout. */
final class SplitDriver {
    static final int SIZE = 8;
    static final long DESCRIPTORS = 0x1000;
    static final long AVAILABLE = 0x2000;
    static final long USED = 0x3000;

    private final GuestMemory memory;
    private final Device registers;
    private int nextDescriptor;
    private int nextAvailable;
    private int seen;

    SplitDriver(GuestMemory memory, Device registers) {
        this.memory = memory;
        this.registers = registers;
    }

    int read(int register) {
        return (int) registers.read(register, 4);
    }

    void write(int register, int value) {
        registers.write(register, 4, value);
    }

    /** Sets the device up as virtio 1.2, 3.1.1 says; {@return whether it takes the features} */
    boolean start(long features) {
        write(0x70, 0);
        nextDescriptor = 0;
        nextAvailable = 0;
        seen = 0;
        memory.putInt(AVAILABLE, 0);
        memory.putInt(USED, 0);
        write(0x70, 1);
        write(0x70, 3);
        write(0x24, 0);
        write(0x20, (int) features);
        write(0x24, 1);
        write(0x20, (int) (features >>> 32));
        write(0x70, 11);
        if ((read(0x70) & 8) == 0) {
            return false;
        }
        write(0x30, 0);
        write(0x38, SIZE);
        address(0x80, DESCRIPTORS);
        address(0x90, AVAILABLE);
        address(0xA0, USED);
        write(0x44, 1);
        write(0x70, 15);
        return true;
    }

    private void address(int register, long address) {
        write(register, (int) address);
        write(register + 4, (int) (address >>> 32));
    }

    /** Adds a descriptor of a chain; {@return its number} */
    int descriptor(long address, int length, int flags) {
        int number = nextDescriptor++ % SIZE;
        descriptor(number, address, length, flags, (number + 1) % SIZE);
        return number;
    }

    void descriptor(int number, long address, int length, int flags, int next) {
        long at = DESCRIPTORS + 16L * number;
        memory.putLong(at, address);
        memory.putInt(at + 8, length);
        memory.putShort(at + 12, flags);
        memory.putShort(at + 14, next);
    }

    /** Makes a chain available and tells the device. */
    void offer(int head) {
        memory.putShort(AVAILABLE + 4 + 2L * (nextAvailable++ % SIZE), head);
        memory.putShort(AVAILABLE + 2, nextAvailable);
        write(0x50, 0);
    }

    /** Waits until the device has used a chain; {@return how many bytes it has written} */
    int await() throws InterruptedException {
        while ((memory.getShort(USED + 2) & 0xFFFF) == (seen & 0xFFFF)) {
            Thread.sleep(1);
        }
        return memory.getInt(USED + 4 + 8L * (seen++ % SIZE) + 4);
    }

    /** Waits until the device says that it is broken. */
    void awaitBroken() throws InterruptedException {
        while ((read(0x70) & 64) == 0) {
            Thread.sleep(1);
        }
    }
}
