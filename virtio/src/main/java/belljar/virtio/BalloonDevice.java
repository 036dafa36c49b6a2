package belljar.virtio;

import belljar.machine.GuestMemory;
import belljar.machine.StateStream;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * A balloon (virtio 1.2, section 5.5): memory that the guest is asked to do without goes back to the host, and so do
 * pages that it reports as free. The guest takes pages out of the balloon by itself rather than run out of memory.
 *
 * <p>Safe for use by several threads.
 */
public final class BalloonDevice implements VirtioDevice {
    /**
     * What went through a balloon since it was made.
     *
     * @param inflatedPages pages of 4096 bytes that the guest has put into it
     * @param deflatedPages pages of 4096 bytes that it has taken out
     * @param reportedBytes bytes that it has reported as free
     * @param refused pages and ranges that do not exist
     */
    public record Counts(long inflatedPages, long deflatedPages, long reportedBytes, long refused) {}

    private static final int TYPE = 5;
    private static final int QUEUE_SIZE = 128;
    private static final int QUEUES = 4;
    private static final int INFLATE = 0;
    private static final int DEFLATE = 1;

    private static final long STATS = 1L << 1;
    private static final long DEFLATE_ON_OOM = 1L << 2;
    private static final long REPORTING = 1L << 5;

    private static final int WANTED = 0;
    private static final int ACTUAL = 4;
    private static final int CONFIG_SIZE = 8;

    private static final int PAGE = GuestMemory.PAGE;
    private static final int NUMBER = 4;
    private static final int STAT = 10;
    private static final int PIECE = 4096 / NUMBER * NUMBER;
    private static final int MOST_STATS = 64;

    private final MemoryRelease release;
    private final ConfigSpace config = new ConfigSpace(CONFIG_SIZE);
    private final byte[] bytes = new byte[PIECE];
    private final AtomicBoolean statsWanted = new AtomicBoolean();
    private final LongAdder inflated = new LongAdder();
    private final LongAdder deflated = new LongAdder();
    private final LongAdder reported = new LongAdder();
    private final LongAdder refused = new LongAdder();
    private volatile BalloonStats stats = BalloonStats.UNKNOWN;
    private volatile @Nullable GuestDriver driver;
    private volatile int statsQueue = -1;
    private volatile int reportingQueue = -1;
    private long runStart = -1;
    private long runEnd = -1;

    /**
     * Makes an empty balloon.
     *
     * @param release who gives memory back to the host
     */
    public BalloonDevice(MemoryRelease release) {
        this.release = release;
    }

    /**
     * Asks the guest to do without some of its memory. It does so as far as it can, and in its own time.
     *
     * @param size bytes, 0 or more; a part of a page is left to it
     */
    public void inflateTo(long size) {
        config.write(WANTED, NUMBER, Math.min(size / PAGE, 0xFFFF_FFFFL));
        config.announce();
    }

    /** {@return bytes that the guest says are in the balloon} */
    public long size() {
        return config.read(ACTUAL, NUMBER) * PAGE;
    }

    /** Asks the guest how it stands with its memory. The answer comes soon, if it comes, and {@link #stats} has it. */
    public void askForStats() {
        statsWanted.set(true);
        GuestDriver now = driver;
        int queue = statsQueue;
        if (now != null && queue >= 0) {
            now.signal(queue);
        }
    }

    /** {@return what the guest has said last of its memory} */
    public BalloonStats stats() {
        return stats;
    }

    /** {@return what went through it so far} */
    public Counts counts() {
        return new Counts(inflated.sum(), deflated.sum(), reported.sum(), refused.sum());
    }

    @Override
    public int type() {
        return TYPE;
    }

    @Override
    public long features() {
        return STATS | DEFLATE_ON_OOM | REPORTING;
    }

    @Override
    public int queues() {
        return QUEUES;
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
    public void configWritten(int offset, int size, long value) {
        if (offset == ACTUAL && size == NUMBER) {
            config.write(ACTUAL, NUMBER, value);
        }
    }

    @Override
    public void activate(GuestDriver guest) {
        // A queue that belongs to a feature which is off has no number (section 5.5.2).
        int next = DEFLATE + 1;
        statsQueue = guest.has(STATS) ? next++ : -1;
        reportingQueue = guest.has(REPORTING) ? next : -1;
        driver = guest;
    }

    @Override
    public void serve(int index) {
        GuestDriver now = driver;
        if (now == null) {
            return;
        }
        Virtqueue queue = now.queue(index);
        if (index == INFLATE) {
            inflate(now.memory(), queue);
        } else if (index == DEFLATE) {
            deflate(queue);
        } else if (index == statsQueue) {
            takeStats(queue);
        } else if (index == reportingQueue) {
            takeReports(now.memory(), queue);
        }
    }

    /** Numbers of pages come in any order; those that follow one another go back to the host together. */
    private void inflate(GuestMemory memory, Virtqueue queue) {
        for (Chain chain = queue.next(); chain != null; chain = queue.next()) {
            for (long at = 0; at + NUMBER <= chain.readable(); ) {
                int length = (int) Math.min(PIECE, (chain.readable() - at) / NUMBER * NUMBER);
                chain.read(at, bytes, 0, length);
                for (int i = 0; i < length; i += NUMBER) {
                    inflate(memory, number(i, NUMBER) * PAGE);
                }
                at += length;
            }
            endRun(memory);
            queue.complete(chain, 0);
            queue.flush();
        }
    }

    private void inflate(GuestMemory memory, long address) {
        if (!memory.contains(address, PAGE)) {
            refused.increment();
            return;
        }
        inflated.increment();
        long offset = memory.offset(address);
        if (offset == runEnd) {
            runEnd += PAGE;
        } else if (offset + PAGE == runStart) {
            runStart = offset;
        } else {
            endRun(memory);
            runStart = offset;
            runEnd = offset + PAGE;
        }
    }

    private void endRun(GuestMemory memory) {
        if (runStart >= 0) {
            give(memory, runStart, runEnd - runStart);
            runStart = -1;
            runEnd = -1;
        }
    }

    private void give(GuestMemory memory, long offset, long length) {
        release.release(offset, length);
        memory.written(offset, length);
    }

    private void deflate(Virtqueue queue) {
        for (Chain chain = queue.next(); chain != null; chain = queue.next()) {
            deflated.add(chain.readable() / NUMBER);
            queue.complete(chain, 0);
            queue.flush();
        }
    }

    /** The guest's one buffer for statistics stays in the queue; having it back, the guest sends it filled anew. */
    private void takeStats(Virtqueue queue) {
        Chain chain = queue.next();
        if (chain != null && statsWanted.getAndSet(false)) {
            queue.complete(chain, 0);
            queue.flush();
            chain = queue.next();
        }
        if (chain != null) {
            read(chain);
            queue.putBack(chain);
        }
    }

    private void read(Chain chain) {
        long[] byTag = new long[BalloonStats.TAGS];
        Arrays.fill(byTag, -1);
        int count = (int) Math.min(chain.readable() / STAT, MOST_STATS);
        chain.read(0, bytes, 0, count * STAT);
        for (int i = 0; i < count; i++) {
            int tag = (int) number(i * STAT, 2);
            if (tag < byTag.length) {
                byTag[tag] = number(i * STAT + 2, 8);
            }
        }
        stats = BalloonStats.of(byTag);
    }

    private long number(int at, int size) {
        long value = 0;
        for (int i = size - 1; i >= 0; i--) {
            value = value << 8 | bytes[at + i] & 0xFF;
        }
        return value;
    }

    private void takeReports(GuestMemory memory, Virtqueue queue) {
        for (Chain chain = queue.next(); chain != null; chain = queue.next()) {
            for (int i = chain.readablePieces(); i < chain.pieces(); i++) {
                long from = chain.offset(i) + PAGE - 1 & -PAGE;
                long length = (chain.offset(i) + chain.length(i) & -PAGE) - from;
                if (length > 0) {
                    give(memory, from, length);
                    reported.add(length);
                } else {
                    refused.increment();
                }
            }
            queue.complete(chain, 0);
            queue.flush();
        }
    }

    @Override
    public void transfer(StateStream state) {
        statsWanted.set(state.flag(statsWanted.get()));
        long[] byTag = stats.byTag();
        state.numbers(byTag);
        stats = BalloonStats.of(byTag);
    }

    @Override
    public void reset() {
        driver = null;
        statsQueue = -1;
        reportingQueue = -1;
        config.write(ACTUAL, NUMBER, 0);
        stats = BalloonStats.UNKNOWN;
    }

    @Override
    public void close() {}
}
