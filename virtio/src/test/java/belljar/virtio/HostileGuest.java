package belljar.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import belljar.failure.UserException;
import belljar.machine.GuestMemory;
import belljar.machine.StateStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A guest that does with a device whatever comes to its mind: registers at random, queues of nonsense and of what is
 * almost right, circles, resets, pauses and snapshots in the middle, some of which it has damaged. Nothing may be
 * thrown, nobody may hang, nothing outside guest memory may be touched, and a driver that begins anew afterwards finds
 * the device working.
 *
 * @param <D> the kind of the device
 */
final class HostileGuest<D extends VirtioDevice> {
    /** What the guest is let loose on. */
    interface Victim<D extends VirtioDevice> {
        /** Makes a device; those that were made before are closed. */
        D make();

        /** Does what the host does with the device now and then. */
        default void disturb(D device, Random random) {}

        /** Writes into 64 bytes of guest memory what the device may take for something that it knows. */
        default void shape(Random random, GuestMemory memory, long at) {
            memory.putInt(at, random.nextInt(16));
            memory.putInt(at + 4, random.nextInt(4));
            memory.putLong(at + 8, random.nextInt(4) == 0 ? number(random) : random.nextInt(64));
            memory.putLong(at + 16, random.nextInt(4) == 0 ? number(random) : random.nextInt(64));
        }

        /** Sends a driver's requests and checks the answers, after the device has been set up. */
        void check(D device, TestDriver guest);
    }

    private static final int[] SIZES = {1, 2, 4, 8};
    private static final int GUARD = 64 << 10;
    private static final int MEMORY = TestDriver.MEMORY;
    private static final long HEADERS = 0x8_0000;
    private static final int SHAPED = 64;
    private static final int TURNS = 1000;
    private static final int BETWEEN_CHECKS = 20_000;
    private static final int MOST = 10;

    private final Random random;
    private final Victim<D> victim;
    private final MemorySegment all;
    private final AtomicLong servings = new AtomicLong();
    private final boolean wantsPacked;
    private D device;
    private Watched watched;
    private TestDriver guest;
    private boolean paused;
    private long faults;
    private long activations;
    private long moves;
    private long refusals;

    private HostileGuest(Arena arena, Victim<D> victim, boolean packed, long seed) {
        this.random = new Random(seed);
        this.victim = victim;
        this.all = arena.allocate(MEMORY + 2L * GUARD, GuestMemory.PAGE);
        all.asSlice(0, GUARD).fill((byte) 0x5A);
        all.asSlice(GUARD + (long) MEMORY, GUARD).fill((byte) 0x5A);
        this.wantsPacked = packed;
        this.device = victim.make();
        this.watched = new Watched(device, servings);
        this.guest = new TestDriver(watched, wantsPacked, GuestMemory.of(all.asSlice(GUARD, MEMORY)));
    }

    /**
     * Lets a guest loose on a device.
     *
     * @param victim what on
     * @param packed the layout of its queues
     * @param seed what decides about everything
     * @param operations how many accesses
     * @return what has become of them, for a reader
     */
    static <D extends VirtioDevice> String torment(Victim<D> victim, boolean packed, long seed, long operations) {
        try (Arena arena = Arena.ofShared()) {
            HostileGuest<D> hostile = new HostileGuest<>(arena, victim, packed, seed);
            try {
                return hostile.run(operations);
            } finally {
                hostile.guest.close();
            }
        }
    }

    private String run(long operations) {
        long few = operations / 100_000;
        // In a short run so few snapshots are damaged that it may take a longer one for some to be refused.
        for (long done = 0; done < operations || refusals <= few && done < MOST * operations; done += BETWEEN_CHECKS) {
            long left = done < operations ? operations - done : BETWEEN_CHECKS;
            for (int i = 0; i < Math.min(BETWEEN_CHECKS, left); i++) {
                step();
            }
            check();
        }
        count();
        assertThat(faults).as("what no driver may do").isGreaterThan(operations / 10_000);
        assertThat(activations).isGreaterThan(operations / 10_000);
        assertThat(servings.get()).isGreaterThan(operations / 1_000);
        assertThat(moves).as("snapshots loaded").isGreaterThan(operations / 10_000);
        assertThat(refusals).as("damaged snapshots refused").isGreaterThan(few);
        return activations + " drivers, " + servings + " servings, " + faults + " faults, " + moves + " snapshots, "
                + refusals + " refused";
    }

    private void check() {
        guest.mmio.resume();
        guest.start();
        victim.check(device, guest);
        assertThat(guest.mmio.fault()).isEmpty();
        watched.check();
        for (long i = 0; i < GUARD; i += 8) {
            if (all.get(ValueLayout.JAVA_LONG, i) != 0x5A5A_5A5A_5A5A_5A5AL
                    || all.get(ValueLayout.JAVA_LONG, GUARD + MEMORY + i) != 0x5A5A_5A5A_5A5A_5A5AL) {
                throw new AssertionError("memory outside the guest's was written to");
            }
        }
    }

    private void count() {
        TransportMetrics metrics = guest.mmio.metrics();
        faults += metrics.faults();
        activations += metrics.activations();
        watched.check();
    }

    /** Goes on with another device, which is given the state of this one. */
    private void move() {
        guest.mmio.pause();
        byte[] state = guest.save();
        count();
        guest.close();
        boolean damaged = random.nextInt(4) == 0;
        for (int i = random.nextInt(4); damaged && i >= 0; i--) {
            state[random.nextInt(state.length)] = (byte) random.nextInt();
        }
        moves++;
        device = victim.make();
        watched = new Watched(device, servings);
        try {
            guest = guest.at(watched, state, guest.memory);
            paused = random.nextInt(4) == 0;
            if (!paused) {
                guest.mmio.resume();
            }
        } catch (UserException e) {
            if (!damaged) {
                throw new AssertionError("a snapshot that does not load", e);
            }
            refusals++;
            device = victim.make();
            watched = new Watched(device, servings);
            guest = new TestDriver(watched, wantsPacked, guest.memory);
            paused = false;
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
            kick(random.nextInt(8) - 1);
        } else if (what < 987) {
            victim.disturb(device, random);
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
            case 994 -> move();
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
        return number(random);
    }

    private static long number(Random random) {
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
        int queue = random.nextInt(guest.rings.size());
        TestRing ring = guest.rings.get(queue);
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
        kick(queue);
    }

    /**
     * Tells the device of a queue. Without the waiting the next reset would come, as a rule, before the device's thread
     * has had a turn; without its limit a queue that the device does not serve would hold up everything.
     */
    @SuppressWarnings("ThreadPriorityCheck") // only how much is tried depends on it
    private void kick(int queue) {
        long before = servings.get();
        guest.kick(queue);
        if (random.nextInt(8) == 0 && !paused && queue >= 0 && queue < guest.rings.size() && guest.get(0x70) == 15) {
            for (int i = 0; i < TURNS && servings.get() == before; i++) {
                Thread.yield();
            }
        }
    }

    private TestRing.Piece piece(boolean writable) {
        int length = random.nextInt(16) == 0 ? (int) number() : lengthOfHeader();
        long address = random.nextInt(64) == 0 ? number() : HEADERS + 0x1_0000 + random.nextInt(4096) * 16L;
        if (guest.memory.contains(address, SHAPED)) {
            victim.shape(random, guest.memory, address);
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

        private final AtomicLong servings;

        Watched(VirtioDevice device, AtomicLong servings) {
            this.device = device;
            this.servings = servings;
        }

        void check() {
            Throwable last = thrown;
            if (last != null) {
                throw new AssertionError("the device threw", last);
            }
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
        public void transfer(StateStream state) {
            device.transfer(state);
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
