package belljar.virtio;

import belljar.machine.StateStream;
import java.security.SecureRandom;
import org.jspecify.annotations.Nullable;

/** A source of random bytes (virtio 1.2, section 5.4): the host's own. */
public final class EntropyDevice implements VirtioDevice {
    private static final int TYPE = 4;
    private static final int QUEUE_SIZE = 16;

    /** Bytes given to one request; a driver asks again. */
    private static final int MOST = 4096;

    private final SecureRandom random;
    private final ConfigSpace config = new ConfigSpace(0);
    private volatile @Nullable GuestDriver driver;

    /**
     * Makes one.
     *
     * @param random where the bytes come from
     */
    public EntropyDevice(SecureRandom random) {
        this.random = random;
    }

    @Override
    public int type() {
        return TYPE;
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
        return QUEUE_SIZE;
    }

    @Override
    public ConfigSpace config() {
        return config;
    }

    @Override
    public void activate(GuestDriver newDriver) {
        driver = newDriver;
    }

    @Override
    public void serve(int index) {
        GuestDriver now = driver;
        if (now == null) {
            return;
        }
        Virtqueue queue = now.queue(index);
        for (Chain chain = queue.next(); chain != null; chain = queue.next()) {
            byte[] bytes = new byte[(int) Math.min(chain.writable(), MOST)];
            random.nextBytes(bytes);
            chain.write(0, bytes, 0, bytes.length);
            queue.complete(chain, bytes.length);
            queue.flush();
        }
    }

    /** There is nothing that it knows. */
    @Override
    public void transfer(StateStream state) {}

    @Override
    public void reset() {
        driver = null;
    }

    @Override
    public void close() {}
}
