package belljar.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.function.BiConsumer;

/**
 * A driver that does anything: buffers of any shape with contents that are nearly right, registers and rings
 * overwritten, resets in the middle. Whatever it does, the device may break until its next reset, and nothing else.
 */
final class RandomTraffic implements AutoCloseable {
    private static final int LONGEST = 6000;
    private static final int MOST = 100;

    /** How many buffers are to come back at least. */
    static final int FEW = 100;

    private final VirtioDevice device;
    private final long seed;
    private final Random random;
    private final TestDriver driver;
    private final BiConsumer<Random, byte[]> shape;
    int restarts;
    int givenBack;

    /** @param shape writes into a buffer what the device may take for something that it knows */
    RandomTraffic(VirtioDevice device, boolean packed, long seed, BiConsumer<Random, byte[]> shape) {
        this.device = device;
        this.seed = seed;
        this.random = new Random(seed);
        this.driver = new TestDriver(device, packed);
        this.shape = shape;
    }

    /** Does so many operations, and more while the device's thread, on a busy host, has hardly had a turn. */
    void run(int operations) {
        restart();
        for (int i = 0; i < operations || givenBack <= FEW && i < MOST * operations; i++) {
            try {
                operation(random.nextInt(1000));
            } catch (RuntimeException e) {
                // The test's own rings do not stand everything that is written over them.
                restart();
            }
            String fault = driver.mmio.fault().orElse("");
            assertThat(fault.startsWith("the device failed"))
                    .as("seed %d, operation %d: %s", seed, i, fault)
                    .isFalse();
        }
        restart();
        assertThat(driver.get(0x70)).as("seed %d", seed).isEqualTo(15);
    }

    private void restart() {
        restarts++;
        driver.start(random.nextInt(4) == 0 ? random.nextLong() | Features.RING_PACKED : -1);
    }

    private void operation(int kind) {
        int queue = random.nextInt(device.queues());
        if (kind < 500) {
            add(queue);
        } else if (kind < 700) {
            driver.kick(queue);
        } else if (kind < 980) {
            givenBack += driver.rings.get(queue).poll() == null ? 0 : 1;
        } else if (kind < 985) {
            // A number somewhere in a ring.
            driver.memory.putInt(0x1_0000 + queue * 0x4000L + random.nextInt(0x1800), random.nextInt());
        } else if (kind < 990) {
            int register = random.nextInt(0x80) * 4;
            driver.mmio.write(register, 1 << random.nextInt(4), random.nextLong() >>> random.nextInt(64));
        } else if (kind < 992) {
            driver.mmio.read(random.nextInt(0x220), 1 << random.nextInt(4));
        } else if (kind < 994) {
            driver.mmio.pause();
            driver.mmio.resume();
        } else if (kind < 996 || driver.get(0x70) != 15) {
            restart();
        }
    }

    private void add(int queue) {
        TestRing ring = driver.rings.get(queue);
        int outs = random.nextInt(3);
        int ins = random.nextInt(3);
        if (outs + ins == 0 || !ring.hasRoom(outs + ins)) {
            driver.kick(queue);
            return;
        }
        TestRing.Piece[] pieces = new TestRing.Piece[outs + ins];
        for (int i = 0; i < outs; i++) {
            byte[] content = new byte[random.nextInt(random.nextInt(LONGEST) + 1)];
            if (i == 0) {
                shape.accept(random, content);
            }
            pieces[i] = driver.out(content);
        }
        for (int i = outs; i < pieces.length; i++) {
            pieces[i] = driver.in(random.nextInt(random.nextInt(LONGEST) + 1));
        }
        if (random.nextInt(300) == 0) {
            pieces[0] = new TestRing.Piece(random.nextLong(), random.nextInt(), random.nextBoolean());
        }
        ring.add(pieces);
    }

    @Override
    public void close() {
        driver.close();
    }
}
