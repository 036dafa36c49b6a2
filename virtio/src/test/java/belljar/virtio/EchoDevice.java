package belljar.virtio;

import belljar.machine.StateStream;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A device that gives back what it gets: the simplest one that reads and writes. */
final class EchoDevice implements VirtioDevice {
    static final int SIZE = 16;
    final ConfigSpace config = new ConfigSpace(8);
    final AtomicInteger servings = new AtomicInteger();
    private final byte[] bytes = new byte[4096];
    private volatile @Nullable GuestDriver driver;
    volatile boolean closed;

    /** What happens before each serving. */
    volatile Runnable before = () -> {};

    @Override
    public int type() {
        return 63;
    }

    @Override
    public long features() {
        return 0b101 | Features.RING_PACKED;
    }

    @Override
    public int queues() {
        return 2;
    }

    @Override
    public int queueSize(int queue) {
        return SIZE;
    }

    @Override
    public ConfigSpace config() {
        return config;
    }

    @Override
    public void configWritten(int offset, int size, long value) {
        if (offset + size <= config.size()) {
            config.write(offset, size, value);
        }
    }

    @Override
    public void activate(GuestDriver guest) {
        driver = guest;
    }

    @Override
    public void serve(int index) {
        servings.incrementAndGet();
        before.run();
        GuestDriver current = driver;
        if (current == null) {
            return;
        }
        Virtqueue queue = current.queue(index);
        for (Chain chain = queue.next(); chain != null; chain = queue.next()) {
            int length = (int) Math.min(bytes.length, Math.min(chain.readable(), chain.writable()));
            chain.read(0, bytes, 0, length);
            chain.write(0, bytes, 0, length);
            queue.complete(chain, length);
        }
        queue.flush();
    }

    @Override
    public void transfer(StateStream state) {}

    @Override
    public void reset() {
        driver = null;
        config.write(0, 8, 0);
    }

    @Override
    public void close() {
        closed = true;
    }
}
