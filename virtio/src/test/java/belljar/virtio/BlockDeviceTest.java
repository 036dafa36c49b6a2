package belljar.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import belljar.machine.GuestMemory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class BlockDeviceTest {
    private static final int SIZE = 64 * 512;
    private static final long HEADER = 0x4000;
    private static final long DATA = 0x5000;
    private static final long STATUS = 0x4100;

    /** A disk in memory that may fail. */
    private static final class TestDisk implements Disk {
        final byte[] content = new byte[SIZE + 100];
        boolean readOnly;
        boolean broken;
        int flushes;
        boolean closed;

        @Override
        public long size() {
            return content.length;
        }

        @Override
        public boolean isReadOnly() {
            return readOnly;
        }

        private void check() throws IOException {
            if (broken) {
                throw new IOException("no space left on device");
            }
        }

        @Override
        public void read(ByteBuffer to, long at) throws IOException {
            check();
            to.put(content, (int) at, to.remaining());
        }

        @Override
        public void write(ByteBuffer from, long at) throws IOException {
            check();
            from.get(content, (int) at, from.remaining());
        }

        @Override
        public void flush() throws IOException {
            check();
            flushes++;
        }

        @Override
        public void zero(long at, long length) {
            Arrays.fill(content, (int) at, (int) (at + length), (byte) 0);
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    private final TestDisk disk = new TestDisk();
    private final GuestMemory memory = GuestMemory.allocate(1 << 20);
    private final AtomicBoolean line = new AtomicBoolean();
    private final VirtioMmio registers = new VirtioMmio(new BlockDevice(disk, "serial-1"), memory, line::set);
    private final SplitDriver driver = new SplitDriver(memory, registers);

    @AfterEach
    void end() {
        registers.close();
        assertThat(disk.closed).isTrue();
    }

    private void header(int kind, long sector) {
        memory.putInt(HEADER, kind);
        memory.putInt(HEADER + 4, 0);
        memory.putLong(HEADER + 8, sector);
        memory.putByte(STATUS, 0xFF);
    }

    /** Makes a request with one piece of data; {@return its status} */
    private int request(int kind, long sector, int length, boolean write) throws InterruptedException {
        header(kind, sector);
        int head = driver.descriptor(HEADER, 16, 1);
        if (length > 0) {
            driver.descriptor(DATA, length, write ? 1 : 3);
        }
        driver.descriptor(STATUS, 1, 2);
        driver.offer(head);
        driver.await();
        return memory.getByte(STATUS);
    }

    @Test
    void showsWhatItIs() {
        assertThat(driver.read(0)).isEqualTo(0x7472_6976);
        assertThat(driver.read(4)).isEqualTo(2);
        assertThat(driver.read(8)).isEqualTo(2);
        assertThat(registers.read(0x100, 8)).as("whole sectors").isEqualTo(64);
        assertThat(registers.read(0x114, 4)).isEqualTo(512);
        assertThat(registers.read(0, 2)).as("a register in part").isZero();
    }

    @Test
    void readsAndWrites() throws InterruptedException {
        assertThat(driver.start(Features.VERSION_1)).isTrue();
        byte[] data = new byte[1024];
        new Random(1).nextBytes(data);
        memory.write(DATA, data);

        assertThat(request(1, 3, 1024, true)).isZero();
        assertThat(Arrays.copyOfRange(disk.content, 3 * 512, 5 * 512)).isEqualTo(data);
        assertThat(line).as("the interrupt").isTrue();
        driver.write(0x64, 1);
        assertThat(line).isFalse();

        memory.write(DATA, new byte[1024]);
        assertThat(request(0, 3, 1024, false)).isZero();
        byte[] read = new byte[1024];
        memory.read(DATA, read, 0, 1024);
        assertThat(read).isEqualTo(data);
        assertThat(request(4, 0, 0, true)).isZero();
        assertThat(disk.flushes).isEqualTo(1);
        assertThat(request(8, 0, 20, false)).isZero();
        assertThat(memory.getLong(DATA)).isEqualTo(0x312D_6C61_6972_6573L); // "serial-1"
        assertThat(request(77, 0, 0, true)).isEqualTo(2);
    }

    @Test
    void forgetsRanges() throws InterruptedException {
        driver.start(Features.VERSION_1 | 1 << 13 | 1 << 14);
        Arrays.fill(disk.content, (byte) 1);
        memory.putLong(DATA, 2);
        memory.putInt(DATA + 8, 4);
        memory.putInt(DATA + 12, 0);

        assertThat(request(11, 0, 16, true)).isZero();

        assertThat(Arrays.copyOfRange(disk.content, 2 * 512, 6 * 512)).containsOnly(0);
        assertThat(disk.content[2 * 512 - 1]).isEqualTo((byte) 1);
        assertThat(disk.content[6 * 512]).isEqualTo((byte) 1);
        memory.putLong(DATA, 63);
        assertThat(request(11, 0, 16, true)).as("beyond the end").isEqualTo(1);
        memory.putLong(DATA, 8);
        memory.putInt(DATA + 12, 1);
        assertThat(request(11, 0, 16, true)).as("a flag that it may not have").isEqualTo(2);
        assertThat(disk.content[8 * 512]).isEqualTo((byte) 1);
        assertThat(request(13, 0, 16, true)).isZero();
        assertThat(disk.content[8 * 512]).isZero();
        memory.putInt(DATA + 12, 3);
        assertThat(request(13, 0, 16, true)).as("a flag that nobody knows").isEqualTo(2);
    }

    @Test
    void failsRequestsThatCannotBe() throws InterruptedException {
        driver.start(Features.VERSION_1);
        assertThat(request(0, 64, 512, false)).as("beyond the end").isEqualTo(1);
        assertThat(request(0, -1, 512, false)).isEqualTo(1);
        assertThat(request(0, 63, 1024, false)).isEqualTo(1);
        assertThat(request(0, 0, 100, false)).as("no whole sector").isEqualTo(1);
        disk.broken = true;
        assertThat(request(1, 0, 512, true)).isEqualTo(1);
        assertThat(request(4, 0, 0, true)).isEqualTo(1);
        disk.broken = false;
        disk.readOnly = true;
        assertThat(request(1, 0, 512, true)).as("to a read-only disk").isEqualTo(1);
        assertThat(request(0, 0, 512, false)).as("afterwards").isZero();
    }

    @Test
    void refusesFeaturesThatItDoesNotHave() {
        assertThat(driver.start(0)).as("without version 1").isFalse();
        assertThat(driver.start(Features.VERSION_1 | 1 << 20)).isFalse();
        assertThat(driver.start(Features.VERSION_1)).isTrue();
    }

    @Test
    void isBrokenByWhatADriverMayNotDoUntilItIsReset() throws InterruptedException {
        // In turn: a circle, a buffer outside memory, one that wraps around, a descriptor that is not there, no status
        for (int i = 0; i < 5; i++) {
            driver.start(Features.VERSION_1);
            header(0, 0);
            driver.descriptor(0, HEADER, 16, 1, 1);
            driver.descriptor(1, DATA, 512, 3, i == 0 ? 1 : 2);
            driver.descriptor(2, STATUS, 1, 2, 0);
            switch (i) {
                case 1 -> driver.descriptor(1, (1 << 20) - 256, 512, 3, 2);
                case 2 -> driver.descriptor(1, -256, 512, 3, 2);
                case 3 -> driver.descriptor(1, DATA, 512, 3, SplitDriver.SIZE);
                case 4 -> driver.descriptor(0, HEADER, 16, 0, 0);
                default -> assertThat(i).isZero();
            }
            driver.offer(0);
            driver.awaitBroken();
            assertThat(registers.fault()).isPresent();
        }

        driver.start(Features.VERSION_1);
        assertThat(registers.fault()).isEmpty();
        assertThat(request(0, 0, 512, false)).isZero();
    }

    @Test
    void refusesAQueueOutsideMemory() {
        driver.write(0x70, 0);
        driver.write(0x70, 3);
        driver.write(0x24, 1);
        driver.write(0x20, 1);
        driver.write(0x70, 11);
        driver.write(0x30, 0);
        driver.write(0x38, 8);
        driver.write(0x84, 1);
        driver.write(0x44, 1);
        driver.write(0x70, 15);

        assertThat(driver.read(0x70) & 64).isEqualTo(64);
    }

    @Test
    void survivesResetsInTheMiddle() throws InterruptedException {
        for (int i = 0; i < 200; i++) {
            driver.start(Features.VERSION_1);
            header(0, 0);
            int head = driver.descriptor(HEADER, 16, 1);
            driver.descriptor(DATA, 512, 3);
            driver.descriptor(STATUS, 1, 2);
            driver.offer(head);
            driver.write(0x70, 0);
            memory.putByte(STATUS, 0xFF);
            assertThat(driver.read(0x70)).isZero();
            Thread.sleep(0, 1000);
            assertThat(memory.getByte(STATUS)).as("written after the reset").isEqualTo(0xFF);
        }
        driver.start(Features.VERSION_1);
        assertThat(request(0, 0, 512, false)).isZero();
    }
}
