package belljar.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import belljar.machine.GuestMemory;
import belljar.machine.StateReader;
import belljar.machine.StateWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** A driver for any device, as a guest's would be: it sets the device up and sends it buffers. */
final class TestDriver implements AutoCloseable {
    static final int MEMORY = 4 << 20;
    private static final long RINGS = 0x1_0000;
    private static final long BUFFERS = 0x10_0000;
    private static final long PATIENCE_NANOS = 20_000_000_000L;

    final GuestMemory memory;
    final VirtioMmio mmio;
    final List<TestRing> rings = new ArrayList<>();
    final AtomicInteger rises = new AtomicInteger();
    volatile boolean lineHigh;
    private final VirtioDevice device;
    private final boolean packed;
    long nextBuffer = BUFFERS;

    TestDriver(VirtioDevice device, boolean packed) {
        this(device, packed, GuestMemory.allocate(MEMORY));
    }

    TestDriver(VirtioDevice device, boolean packed, GuestMemory memory) {
        this.device = device;
        this.packed = packed;
        this.memory = memory;
        this.mmio = new VirtioMmio(device, memory, this::line);
    }

    /** {@return the state of the device, which is paused} */
    byte[] save() {
        StateWriter state = new StateWriter();
        mmio.transfer(state);
        return state.toBytes();
    }

    /** {@return this driver as it is now, at a new device, which is loaded and paused, and at its own memory} */
    TestDriver at(VirtioDevice other, byte[] state, GuestMemory itsMemory) {
        TestDriver copy = new TestDriver(other, packed, itsMemory);
        try {
            copy.load(state);
        } catch (RuntimeException | Error e) {
            copy.close();
            throw e;
        }
        for (TestRing ring : rings) {
            copy.rings.add(ring.at(itsMemory));
        }
        copy.nextBuffer = nextBuffer;
        return copy;
    }

    void load(byte[] state) {
        StateReader reader = new StateReader("test", state);
        mmio.transfer(reader);
        reader.end();
    }

    /** {@return memory with the same content} */
    GuestMemory copyOfMemory() {
        GuestMemory copy = GuestMemory.allocate(memory.size());
        copy.bytes().copyFrom(memory.bytes());
        return copy;
    }

    private void line(boolean high) {
        if (high && !lineHigh) {
            rises.incrementAndGet();
        }
        lineHigh = high;
    }

    int get(int register) {
        return (int) mmio.read(register, 4);
    }

    void set(int register, int value) {
        mmio.write(register, 4, value);
    }

    long offered() {
        set(0x14, 0);
        long low = get(0x10) & 0xFFFF_FFFFL;
        set(0x14, 1);
        return low | (long) get(0x10) << 32;
    }

    /** Sets the device up with everything that it offers. */
    TestDriver start() {
        return start(-1L);
    }

    /** Sets the device up with what it offers of some features. */
    TestDriver start(long wanted) {
        begin(wanted);
        nextBuffer = BUFFERS;
        for (int i = 0; i < device.queues(); i++) {
            set(0x30, i);
            int size = Math.min(get(0x34), 256);
            addRing(i, size);
        }
        set(0x70, 15);
        return this;
    }

    /** Goes as far as the features, of which the layout is the one that the test is for. */
    void begin(long wanted) {
        set(0x70, 0);
        set(0x70, 1);
        set(0x70, 3);
        long features = offered() & wanted & (packed ? -1L : ~Features.RING_PACKED) | Features.VERSION_1;
        if (packed) {
            features |= Features.RING_PACKED;
        }
        set(0x24, 0);
        set(0x20, (int) features);
        set(0x24, 1);
        set(0x20, (int) (features >>> 32));
        set(0x70, 11);
        assertThat(get(0x70)).isEqualTo(11);
        rings.clear();
    }

    private void addRing(int index, int size) {
        long base = RINGS + index * 0x4000L;
        TestRing ring = new TestRing(memory, base, size, packed);
        rings.add(ring);
        describe(ring, size);
        set(0x44, 1);
    }

    void describe(TestRing ring, int size) {
        set(0x38, size);
        set(0x80, (int) ring.descriptors);
        set(0x84, 0);
        set(0x90, (int) ring.driverArea);
        set(0x94, 0);
        set(0xA0, (int) ring.deviceArea);
        set(0xA4, 0);
    }

    /** {@return an address with some room, that nobody else has for the next requests} */
    long room(int length) {
        if (nextBuffer + length > memory.size()) {
            nextBuffer = BUFFERS;
        }
        long at = nextBuffer;
        nextBuffer += length + 15 & -16;
        return at;
    }

    TestRing.Piece out(byte[] bytes) {
        long at = room(bytes.length);
        memory.write(at, bytes);
        return new TestRing.Piece(at, bytes.length, false);
    }

    TestRing.Piece in(int length) {
        long at = room(length);
        memory.write(at, new byte[length]);
        return new TestRing.Piece(at, length, true);
    }

    byte[] bytes(TestRing.Piece piece) {
        byte[] bytes = new byte[piece.length()];
        memory.read(piece.address(), bytes, 0, bytes.length);
        return bytes;
    }

    void kick(int queue) {
        set(0x50, queue);
    }

    /** Sends a buffer and waits for it to come back; {@return how much was written} */
    int send(int queue, TestRing.Piece... pieces) {
        int id = rings.get(queue).add(pieces);
        kick(queue);
        TestRing.Used used = await(queue);
        assertThat(used.id()).isEqualTo(id);
        return used.written();
    }

    TestRing.Used await(int queue) {
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (System.nanoTime() < end) {
            TestRing.Used used = rings.get(queue).poll();
            if (used != null) {
                return used;
            }
            pauseShortly();
        }
        throw new AssertionError("the device gives nothing back; status " + get(0x70) + " " + mmio.fault());
    }

    /** Waits for something that the device does on a thread of its own. */
    static void await(java.util.function.BooleanSupplier condition) {
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("patience").isLessThan(end);
            pauseShortly();
        }
    }

    private static void pauseShortly() {
        java.util.concurrent.locks.LockSupport.parkNanos(20_000);
    }

    @Override
    public void close() {
        mmio.close();
    }
}
