package belljar.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import belljar.machine.GuestMemory;
import belljar.machine.StateStream;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Both layouts of a queue, from a driver's side. */
@ParameterizedClass
@ValueSource(booleans = {false, true})
final class VirtqueueTest {
    private static final int INDIRECT = 4;
    private static final int WRITE = 2;
    private static final int NEXT = 1;

    @Parameter
    boolean packed;

    private final EchoDevice device = new EchoDevice();
    private TestDriver guest = new TestDriver(device, false);

    @BeforeEach
    void begin() {
        guest = new TestDriver(device, packed);
    }

    @AfterEach
    void end() {
        guest.close();
    }

    private static byte[] pattern(int length, int seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    @Test
    void carriesBuffersOfManyPiecesRoundAfterRound() {
        guest.start();
        for (int i = 0; i < 1000; i++) {
            byte[] first = pattern(1 + i % 40, i);
            byte[] second = pattern(1 + i % 7, -i);
            TestRing.Piece in = guest.in(first.length);
            TestRing.Piece rest = guest.in(second.length + 3);
            assertThat(guest.send(i & 1, guest.out(first), guest.out(second), in, rest))
                    .isEqualTo(first.length + second.length);
            assertThat(guest.bytes(in)).isEqualTo(first);
            assertThat(guest.bytes(rest)).startsWith(second).endsWith(0, 0, 0);
        }
    }

    @Test
    void carriesBuffersInTables() {
        guest.start();
        for (int i = 0; i < 100; i++) {
            byte[] bytes = pattern(10, i);
            TestRing.Piece in = guest.in(10);
            guest.rings.get(0).addIndirect(guest.room(64), guest.out(bytes), in);
            guest.kick(0);
            assertThat(guest.await(0).written()).isEqualTo(10);
            assertThat(guest.bytes(in)).isEqualTo(bytes);
        }
    }

    @Test
    void takesFullRings() {
        guest.start();
        for (int round = 0; round < 20; round++) {
            int count = 0;
            guest.mmio.pause();
            while (guest.rings.get(0).hasRoom(3)) {
                guest.rings.get(0).add(guest.out(new byte[] {1}), guest.in(1), guest.in(1));
                count++;
            }
            guest.kick(0);
            guest.mmio.resume();
            assertThat(count).isEqualTo(EchoDevice.SIZE / 3);
            for (int i = 0; i < count; i++) {
                assertThat(guest.await(0).written()).isEqualTo(1);
            }
        }
        assertThat(guest.mmio.fault()).isEmpty();
    }

    @Test
    void leavesOutPiecesWithoutBytes() {
        guest.start();
        TestRing.Piece nothing = new TestRing.Piece(-1, 0, false);
        assertThat(guest.send(0, nothing, guest.out(new byte[] {1}), guest.in(2), new TestRing.Piece(-1, 0, true)))
                .isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(longs = {TestDriver.MEMORY - 1, TestDriver.MEMORY, -1, Long.MIN_VALUE, Long.MAX_VALUE})
    void breaksOnBuffersOutsideMemory(long address) {
        guest.start();
        guest.rings.get(0).add(new TestRing.Piece(address, 2, true));
        breaks("a buffer outside memory");
    }

    @Test
    void breaksOnBuffersThatAreTooLong() {
        guest.start();
        guest.rings.get(0).add(new TestRing.Piece(0, -1, true));
        breaks("a buffer that is too long");
    }

    @Test
    void breaksOnReadablePiecesBehindWritableOnes() {
        guest.start();
        guest.rings.get(0).add(guest.in(1), guest.out(new byte[1]));
        breaks("a readable descriptor behind a writable one");
    }

    @Test
    void breaksOnTablesInTables() {
        guest.start();
        long table = guest.room(64);
        guest.rings.get(0).addIndirect(table, guest.in(1));
        long flags = table + (packed ? 14 : 12);
        guest.memory.putShort(flags, INDIRECT | guest.memory.getShort(flags));
        breaks("a table of descriptors");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 15, 17, -16, TestDriver.MEMORY})
    void breaksOnTablesOfOddSizes(int length) {
        guest.start();
        guest.mmio.pause();
        TestRing ring = guest.rings.get(0);
        ring.addIndirect(guest.room(64), guest.in(1));
        guest.memory.putInt(ring.descriptors + 8, length);
        guest.mmio.resume();
        breaks("a table of descriptors");
    }

    @Test
    void breaksOnTablesThatGoOn() {
        guest.start();
        guest.mmio.pause();
        TestRing ring = guest.rings.get(0);
        ring.addIndirect(guest.room(64), guest.in(1));
        long flags = ring.descriptors + (packed ? 14 : 12);
        guest.memory.putShort(flags, NEXT | guest.memory.getShort(flags));
        guest.mmio.resume();
        breaks("a table of descriptors");
    }

    @Test
    void breaksOnTablesThatWereNotAgreedUpon() {
        guest.start(~Features.INDIRECT_DESC);
        guest.rings.get(0).addIndirect(guest.room(64), guest.in(1));
        breaks("a table of descriptors");
    }

    @Test
    void breaksOnChainsWithoutEnd() {
        guest.start();
        TestRing ring = guest.rings.get(0);
        for (int i = 0; i < ring.size; i++) {
            long at = ring.descriptors + 16L * i;
            guest.memory.putLong(at, 0x1000);
            guest.memory.putInt(at + 8, 1);
            guest.memory.putShort(at + (packed ? 12 : 14), (i + 1) % ring.size);
            guest.memory.putShort(at + (packed ? 14 : 12), NEXT | WRITE | (packed ? 1 << 7 : 0));
        }
        if (!packed) {
            ring.publish(3);
        }
        breaks(packed ? "more descriptors than the queue has entries" : "descriptors in a circle");
    }

    private void breaks(String why) {
        guest.kick(0);
        TestDriver.await(() -> (guest.get(0x70) & 64) != 0);
        assertThat(guest.mmio.fault().orElseThrow()).contains(why);
        assertThat(guest.get(0x60) & 2).isEqualTo(2);
        guest.kick(0);
        guest.kick(1);
        guest.start();
        assertThat(guest.mmio.fault()).isEmpty();
        assertThat(guest.send(0, guest.out(new byte[] {5}), guest.in(1))).isEqualTo(1);
    }

    @Test
    void interruptsNobodyWhoDoesNotWantIt() {
        guest.start(~Features.EVENT_IDX);
        TestRing ring = guest.rings.get(0);
        ring.wantInterrupts(false);
        guest.send(0, guest.out(new byte[] {1}), guest.in(1));
        guest.mmio.pause();
        assertThat(guest.rises.get()).isZero();
        guest.mmio.resume();
        ring.wantInterrupts(true);
        guest.send(0, guest.out(new byte[] {1}), guest.in(1));
        TestDriver.await(() -> guest.lineHigh);
        assertThat(guest.get(0x60)).isEqualTo(1);
    }

    @Test
    void interruptsAtTheBufferThatTheDriverNames() {
        guest.start();
        TestRing ring = guest.rings.get(0);
        for (int round = 0; round < 50; round++) {
            int before = guest.rises.get();
            ring.wantInterruptAfter(2);
            for (int i = 0; i < 3; i++) {
                assertThat(guest.rises.get()).as("round %d buffer %d", round, i).isEqualTo(before);
                ring.add(guest.in(1));
                guest.kick(0);
                guest.await(0);
                guest.mmio.pause();
                guest.mmio.resume();
            }
            TestDriver.await(() -> guest.rises.get() == before + 1);
            guest.set(0x64, 3);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void asksToBeToldOfTheNextBufferOnceItHasTakenAll(boolean eventIndex) {
        guest.start(eventIndex ? -1 : ~Features.EVENT_IDX);
        TestRing ring = guest.rings.get(0);
        for (int i = 0; i < 100; i++) {
            TestDriver.await(() -> ring.wantsNotification(eventIndex));
            ring.add(guest.in(1));
            guest.kick(0);
            guest.await(0);
        }
    }

    @Test
    void putsBackTheLastBufferThatItTook() {
        GuestMemory memory = guest.memory;
        KeepingDevice keeping = new KeepingDevice();
        try (TestDriver other = new TestDriver(keeping, packed, memory)) {
            other.start();
            for (int i = 0; i < 40; i++) {
                assertThat(other.send(0, other.in(2), other.in(i + 1))).isEqualTo(i + 3);
            }
            assertThat(keeping.puts).isEqualTo(40);
        }
    }

    /** A device that looks at each buffer twice. */
    private static final class KeepingDevice implements VirtioDevice {
        private final ConfigSpace config = new ConfigSpace(0);
        private volatile GuestDriver[] driver = {};
        private volatile int puts;

        @Override
        public int type() {
            return 62;
        }

        @Override
        public long features() {
            return 0;
        }

        @Override
        public int queues() {
            return 1;
        }

        @Override
        public int queueSize(int queue) {
            return 8;
        }

        @Override
        public ConfigSpace config() {
            return config;
        }

        @Override
        public void activate(GuestDriver guest) {
            driver = new GuestDriver[] {guest};
        }

        @Override
        @SuppressWarnings("NonAtomicVolatileUpdate")
        public void serve(int index) {
            Virtqueue queue = driver[0].queue(index);
            for (Chain chain = queue.next(); chain != null; chain = queue.next()) {
                queue.putBack(chain);
                puts++;
                Chain again = queue.next();
                if (again == null) {
                    return;
                }
                queue.complete(again, again.writable());
            }
            queue.flush();
        }

        @Override
        public void transfer(StateStream state) {}

        @Override
        public void reset() {
            driver = new GuestDriver[0];
        }

        @Override
        public void close() {}
    }
}
