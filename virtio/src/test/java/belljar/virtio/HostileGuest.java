package belljar.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import belljar.machine.GuestMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A guest that does with a device whatever comes to its mind: registers at random, queues of nonsense and of what is
 * almost right, circles, resets and pauses in the middle. Nothing may be thrown, nobody may hang, nothing outside guest
 * memory may be touched, and a driver that begins anew afterwards finds the device working.
 */
final class HostileGuest {
    private static final int[] SIZES = {1, 2, 4, 8};
    private static final int GUARD = 64 << 10;
    private static final int MEMORY = TestDriver.MEMORY;
    private static final long HEADERS = 0x8_0000;
    private static final int BETWEEN_CHECKS = 20_000;

    private final Random random;
    private final Watched device;
    private final MemorySegment all;
    private final TestDriver guest;
    private final Consumer<Random> host;
    private final Consumer<TestDriver> works;
    private boolean wantsPacked;
    private boolean paused;

    private HostileGuest(
            Arena arena, VirtioDevice device, long seed, Consumer<Random> host, Consumer<TestDriver> works) {
        this.random = new Random(seed);
        this.device = new Watched(device);
        this.all = arena.allocate(MEMORY + 2L * GUARD, GuestMemory.PAGE);
        all.asSlice(0, GUARD).fill((byte) 0x5A);
        all.asSlice(GUARD + (long) MEMORY, GUARD).fill((byte) 0x5A);
        this.wantsPacked = random.nextBoolean();
        this.guest = new TestDriver(this.device, wantsPacked, GuestMemory.of(all.asSlice(GUARD, MEMORY)));
        this.host = host;
        this.works = works;
    }

    /**
     * Lets a guest loose on a device.
     *
     * @param made makes the device
     * @param seed what decides about everything
     * @param operations how many accesses
     * @param host what the host does with the device now and then
     * @param works sends a driver's requests and checks the answers, after the device has been set up
     */
    static void torment(
            Supplier<VirtioDevice> made,
            long seed,
            long operations,
            Consumer<Random> host,
            Consumer<TestDriver> works) {
        try (Arena arena = Arena.ofShared()) {
            HostileGuest hostile = new HostileGuest(arena, made.get(), seed, host, works);
            try {
                hostile.run(operations);
            } finally {
                hostile.guest.close();
            }
        }
    }

    private void run(long operations) {
        for (long done = 0; done < operations; done += BETWEEN_CHECKS) {
            int most = (int) Math.min(BETWEEN_CHECKS, operations - done);
            for (int i = 0; i < most; i++) {
                step();
            }
            check();
        }
        TransportMetrics metrics = guest.mmio.metrics();
        assertThat(metrics.faults()).as("what no driver may do").isGreaterThan(operations / 10_000);
        assertThat(metrics.activations()).isGreaterThan(operations / 10_000);
        assertThat(device.servings.get()).isGreaterThan(operations / 1_000);
    }

    private void check() {
        guest.mmio.resume();
        guest.start();
        works.accept(guest);
        assertThat(guest.mmio.fault()).isEmpty();
        Throwable thrown = device.thrown;
        if (thrown != null) {
            throw new AssertionError("the device threw", thrown);
        }
        for (long i = 0; i < GUARD; i += 8) {
            if (all.get(ValueLayout.JAVA_LONG, i) != 0x5A5A_5A5A_5A5A_5A5AL
                    || all.get(ValueLayout.JAVA_LONG, GUARD + MEMORY + i) != 0x5A5A_5A5A_5A5A_5A5AL) {
                throw new AssertionError("memory outside the guest's was written to");
            }
        }
    }

    private void step() {
        // A broken device has nothing more to show.
        if (random.nextInt(64) == 0 && guest.mmio.fault().isPresent()) {
            guest.start(random.nextBoolean() ? -1 : random.nextLong());
        }
        int what = random.nextInt(1000);
        if (what < 300) {
            guest.mmio.read(random.nextInt(0x210), SIZES[random.nextInt(4)]);
        } else if (what < 400) {
            guest.mmio.read(random.nextInt(0x40) * 4L, 4);
        } else if (what < 450) {
            writeRegister();
        } else if (what < 550) {
            guest.mmio.write(0x100 + random.nextInt(0x100), SIZES[random.nextInt(4)], number());
        } else if (what < 600) {
            scribble();
        } else if (what < 900) {
            almostRight();
        } else if (what < 985) {
            guest.kick(random.nextInt(8) - 1);
            letItServe();
        } else if (what < 987) {
            host.accept(random);
        } else {
            disturb(what);
        }
    }

    private void disturb(int what) {
        switch (what) {
            case 987 -> guest.set(0x70, 0);
            case 988 -> {
                guest.mmio.pause();
                paused = true;
            }
            case 989 -> guest.set(0x70, random.nextInt(256));
            case 990 -> guest.set(0x44, random.nextInt(2));
            case 991, 992 -> guest.start(random.nextLong());
            case 993 -> guest.start();
            default -> {
                guest.mmio.resume();
                paused = false;
            }
        }
    }

    private void writeRegister() {
        int register = random.nextInt(0x40) * 4;
        // A reset at every tenth write would leave no time for anything else.
        if (register != 0x70) {
            guest.mmio.write(register, random.nextInt(8) == 0 ? SIZES[random.nextInt(4)] : 4, number());
        }
    }

    private long number() {
        return switch (random.nextInt(5)) {
            case 0 -> random.nextLong();
            case 1 -> random.nextInt(4);
            case 2 -> -random.nextInt(3);
            case 3 -> random.nextInt(MEMORY + 4096);
            default -> 1L << random.nextInt(64);
        };
    }

    /** Writes numbers into the rings, where they change what the device reads this very moment. */
    private void scribble() {
        if (guest.rings.isEmpty()) {
            return;
        }
        TestRing ring = guest.rings.get(random.nextInt(guest.rings.size()));
        long at = ring.descriptors + random.nextInt(TestRing.bytes(ring.size) - 8);
        switch (random.nextInt(4)) {
            case 0 -> guest.memory.putByte(at, random.nextInt());
            case 1 -> guest.memory.putShort(at & -2, (int) number());
            case 2 -> guest.memory.putInt(at & -4, (int) number());
            default -> guest.memory.putLong(at & -8, number());
        }
    }

    /** Makes a buffer available that a device might take: its first bytes are small numbers, as headers are. */
    private void almostRight() {
        if (guest.rings.isEmpty()) {
            return;
        }
        TestRing ring = guest.rings.get(random.nextInt(guest.rings.size()));
        TestRing.Piece[] pieces = new TestRing.Piece[1 + random.nextInt(4)];
        int readable = random.nextInt(8) == 0 ? random.nextInt(5) : Math.min(pieces.length, 1 + random.nextInt(2));
        for (int i = 0; i < pieces.length; i++) {
            pieces[i] = piece(i >= readable);
        }
        if (ring.hasRoom(pieces.length)) {
            if (random.nextInt(4) == 0) {
                ring.addIndirect(HEADERS + random.nextInt(64) * 128L, pieces);
            } else {
                ring.add(pieces);
            }
        } else if (!wantsPacked) {
            ring.publish(random.nextInt(ring.size + 1));
        }
        guest.kick(guest.rings.indexOf(ring));
        letItServe();
    }

    /** Without this the next reset would come, as a rule, before the device's thread has had a turn. */
    private void letItServe() {
        if (random.nextInt(8) == 0 && !paused && guest.get(0x70) == 15) {
            long before = device.servings.get();
            for (int i = 0; i < 20 && device.servings.get() == before; i++) {
                LockSupport.parkNanos(1_000);
            }
        }
    }

    private TestRing.Piece piece(boolean writable) {
        int length = random.nextInt(16) == 0 ? (int) number() : lengthOfHeader();
        long address = random.nextInt(64) == 0 ? number() : HEADERS + 0x1_0000 + random.nextInt(4096) * 16L;
        if (guest.memory.contains(address, 24)) {
            guest.memory.putInt(address, random.nextInt(16));
            guest.memory.putInt(address + 4, random.nextInt(4));
            guest.memory.putLong(address + 8, random.nextInt(4) == 0 ? number() : random.nextInt(64));
            guest.memory.putLong(address + 16, random.nextInt(4) == 0 ? number() : random.nextInt(64));
        }
        return new TestRing.Piece(address, length, writable);
    }

    private int lengthOfHeader() {
        return switch (random.nextInt(4)) {
            case 0 -> 16;
            case 1 -> 512 * random.nextInt(9);
            case 2 -> 1;
            default -> random.nextInt(100);
        };
    }

    /** A device that keeps what it throws, which its registers do not show after the next reset. */
    private static final class Watched implements VirtioDevice {
        private final VirtioDevice device;
        private volatile @Nullable Throwable thrown;

        private final AtomicLong servings = new AtomicLong();

        Watched(VirtioDevice device) {
            this.device = device;
        }

        private void watch(Runnable action) {
            try {
                action.run();
            } catch (RuntimeException | Error e) {
                thrown = e;
                throw e;
            }
        }

        @Override
        public int type() {
            return device.type();
        }

        @Override
        public long features() {
            return device.features();
        }

        @Override
        public int queues() {
            return device.queues();
        }

        @Override
        public int queueSize(int queue) {
            return device.queueSize(queue);
        }

        @Override
        public ConfigSpace config() {
            return device.config();
        }

        @Override
        public void configWritten(int offset, int size, long value) {
            device.configWritten(offset, size, value);
        }

        @Override
        public void activate(GuestDriver driver) {
            watch(() -> device.activate(driver));
        }

        @Override
        public void serve(int queue) {
            watch(() -> device.serve(queue));
            servings.incrementAndGet();
        }

        @Override
        public void reset() {
            device.reset();
        }

        @Override
        public void close() {
            device.close();
        }
    }
}
