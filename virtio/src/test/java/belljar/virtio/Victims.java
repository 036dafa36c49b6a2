package belljar.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import belljar.machine.GuestMemory;
import java.io.OutputStream;
import java.security.SecureRandom;
import java.util.Random;

/** The devices on which a {@link HostileGuest} is let loose, and how a driver sees that they work. */
final class Victims {
    private Victims() {}

    /** Gives back what it gets. */
    static final class Echo implements HostileGuest.Victim<EchoDevice> {
        @Override
        public EchoDevice make() {
            return new EchoDevice();
        }

        @Override
        public void check(EchoDevice device, TestDriver guest) {
            TestRing.Piece in = guest.in(3);
            assertThat(guest.send(1, guest.out(new byte[] {1, 2, 3}), in)).isEqualTo(3);
            assertThat(guest.bytes(in)).containsExactly(1, 2, 3);
        }
    }

    /** Random bytes. */
    static final class Entropy implements HostileGuest.Victim<EntropyDevice> {
        private final SecureRandom random = new SecureRandom();

        @Override
        public EntropyDevice make() {
            return new EntropyDevice(random);
        }

        @Override
        public void check(EntropyDevice device, TestDriver guest) {
            assertThat(guest.send(0, guest.in(64))).isEqualTo(64);
        }
    }

    /** A disk that fails at times, with limits that are seldom reached. */
    static final class Block implements HostileGuest.Victim<BlockDevice> {
        private final byte[] content = new byte[64 * 512 + 100];

        @Override
        public BlockDevice make() {
            return new BlockDevice(new MemoryDisk(content), "disk", new RateLimit(1L << 34, 1 << 24));
        }

        @Override
        public void check(BlockDevice device, TestDriver guest) {
            byte[] header = new byte[16];
            header[0] = 1;
            header[8] = 5;
            byte[] data = new byte[512];
            data[7] = 77;
            TestRing.Piece status = guest.in(1);
            guest.send(0, guest.out(header), guest.out(data), status);
            assertThat(guest.bytes(status)).containsExactly(0);
            header[0] = 0;
            TestRing.Piece in = guest.in(512);
            assertThat(guest.send(0, guest.out(header), in, status)).isEqualTo(513);
            assertThat(guest.bytes(in)).isEqualTo(data);
        }
    }

    /** Memory that comes and goes. */
    static final class Balloon implements HostileGuest.Victim<BalloonDevice> {
        @Override
        public BalloonDevice make() {
            return new BalloonDevice(MemoryRelease.NONE);
        }

        @Override
        public void disturb(BalloonDevice device, Random random) {
            device.inflateTo(random.nextLong() & Long.MAX_VALUE);
            device.askForStats();
            device.stats();
        }

        @Override
        public void check(BalloonDevice device, TestDriver guest) {
            long before = device.counts().inflatedPages();
            guest.send(0, guest.out(new byte[] {1, 0, 0, 0}));
            assertThat(device.counts().inflatedPages()).isEqualTo(before + 1);
        }
    }

    /** A network on which much comes in. */
    static final class Net implements HostileGuest.Victim<NetDevice> {
        private TestWire wire = new TestWire();

        @Override
        public NetDevice make() {
            wire = new TestWire();
            return new NetDevice(wire, new byte[] {2, 0, 0, 0, 0, 1}, 1500);
        }

        @Override
        public void shape(Random random, GuestMemory memory, long at) {
            // Room for a frame's header is there in any case; the first two bytes are a command, too.
            memory.putByte(at, random.nextInt(6));
            memory.putByte(at + 1, random.nextInt(2));
        }

        @Override
        public void disturb(NetDevice device, Random random) {
            wire.offloads.clear();
            wire.sent.clear();
            if (wire.waiting() < 20) {
                int longest = random.nextInt(8) == 0 ? NetBackend.LONGEST - 100 : 3000;
                wire.come(new byte[NetBackend.HEADER + random.nextInt(longest)]);
            }
            if (random.nextInt(50) == 0) {
                device.announceGuest();
            }
        }

        @Override
        public void check(NetDevice device, TestDriver guest) {
            wire.sent.clear();
            byte[] frame = new byte[100];
            frame[50] = 5;
            guest.send(NetDevice.TRANSMIT, guest.out(frame));
            assertThat(wire.sent.getLast()).isEqualTo(frame);
        }
    }

    /** A terminal where somebody types and makes windows larger. */
    static final class Console implements HostileGuest.Victim<ConsoleDevice> {
        private final byte[] typed = new byte[100];

        @Override
        public ConsoleDevice make() {
            return new ConsoleDevice(OutputStream.nullOutputStream());
        }

        @Override
        public void shape(Random random, GuestMemory memory, long at) {
            memory.putInt(at, random.nextInt(16) == 0 ? 1 : 0);
            memory.putShort(at + 4, random.nextInt(8));
            memory.putShort(at + 6, random.nextInt(3));
        }

        @Override
        public void disturb(ConsoleDevice device, Random random) {
            device.resize(random.nextInt(70_000), random.nextInt(70_000));
            // Nobody may take it: who is interrupted does not wait for room.
            Thread.currentThread().interrupt();
            device.receive(typed, typed.length);
            assertThat(Thread.interrupted()).isTrue();
        }

        @Override
        public void check(ConsoleDevice device, TestDriver guest) {
            guest.send(ConsoleDevice.OUTPUT, guest.out(new byte[5000]));
            guest.send(
                    ConsoleDevice.FROM_DRIVER, guest.out(new byte[] {0, 0, 0, 0, ConsolePort.DEVICE_READY, 0, 1, 0}));
            TestRing.Piece message = guest.in(16);
            assertThat(guest.send(ConsoleDevice.TO_DRIVER, message)).isPositive();
            assertThat(guest.bytes(message)[4]).isEqualTo((byte) ConsolePort.PORT_ADD);
        }
    }
}
