package belljar.virtio;

import belljar.machine.StateReader;
import belljar.machine.StateStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** A disk (virtio 1.2, section 5.2). Requests are carried out one after the other, in the order of the queue. */
public final class BlockDevice implements VirtioDevice {
    private static final int TYPE = 2;
    private static final int QUEUE_SIZE = 256;
    private static final int SECTOR = 512;

    private static final long SEG_MAX = 1L << 2;
    private static final long READ_ONLY = 1L << 5;
    private static final long BLOCK_SIZE = 1L << 6;
    private static final long FLUSH = 1L << 9;
    private static final long DISCARD = 1L << 13;
    private static final long WRITE_ZEROES = 1L << 14;

    private static final int IN = 0;
    private static final int OUT = 1;
    private static final int DO_FLUSH = 4;
    private static final int GET_ID = 8;
    private static final int DO_DISCARD = 11;
    private static final int DO_WRITE_ZEROES = 13;

    private static final int OK = 0;
    private static final int IO_ERROR = 1;
    private static final int UNSUPPORTED = 2;

    private static final int HEADER = 16;
    private static final int ID_BYTES = 20;
    private static final int RANGE = 16;

    /** Of a range to be zeros: that its room may be given back. */
    private static final int UNMAP = 1;

    /** Sectors of one range to be forgotten; more takes several. */
    private static final int MOST_RANGE = 1 << 21;

    private final Disk disk;
    private final byte[] id;
    private final ConfigSpace config = new ConfigSpace(0x3C);
    private final byte[] header = new byte[HEADER];
    private final RateLimiter limiter;
    private final LongAdder reads = new LongAdder();
    private final LongAdder writes = new LongAdder();
    private final LongAdder readBytes = new LongAdder();
    private final LongAdder writtenBytes = new LongAdder();
    private final LongAdder errors = new LongAdder();
    private final LongAdder delays = new LongAdder();
    private volatile @Nullable GuestDriver driver;

    /**
     * What a disk has done so far.
     *
     * @param reads requests to read
     * @param writes requests to write
     * @param readBytes bytes read
     * @param writtenBytes bytes written
     * @param errors requests that failed
     * @param delays how often requests had to wait for the limit
     */
    public record Counts(long reads, long writes, long readBytes, long writtenBytes, long errors, long delays) {}

    /**
     * Makes a disk.
     *
     * @param disk what stores its blocks; closed with the device
     * @param id its serial number as the guest sees it; what is beyond 20 bytes is cut off
     */
    public BlockDevice(Disk disk, String id) {
        this(disk, id, RateLimit.NONE);
    }

    /**
     * Makes a disk that does only so much in a second.
     *
     * @param disk what stores its blocks; closed with the device
     * @param id its serial number as the guest sees it; what is beyond 20 bytes is cut off
     * @param limit how much; every request counts, with the bytes that it moves
     */
    public BlockDevice(Disk disk, String id, RateLimit limit) {
        this.disk = disk;
        this.limiter = new RateLimiter(limit, System.nanoTime());
        this.id = Arrays.copyOf(id.getBytes(StandardCharsets.UTF_8), ID_BYTES);
        config.write(0, 8, disk.size() / SECTOR);
        config.write(0x0C, 4, QUEUE_SIZE - 2);
        config.write(0x14, 4, SECTOR);
        for (int at : new int[] {0x24, 0x30}) {
            config.write(at, 4, MOST_RANGE);
            config.write(at + 4, 4, 1);
        }
        config.write(0x2C, 4, 1);
        config.write(0x38, 1, 1);
    }

    /** {@return what it has done so far} */
    public Counts counts() {
        return new Counts(reads.sum(), writes.sum(), readBytes.sum(), writtenBytes.sum(), errors.sum(), delays.sum());
    }

    @Override
    public int type() {
        return TYPE;
    }

    @Override
    public long features() {
        long both = SEG_MAX | BLOCK_SIZE | FLUSH;
        return disk.isReadOnly() ? both | READ_ONLY : both | DISCARD | WRITE_ZEROES;
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
        while (true) {
            long wait = limiter.delay(System.nanoTime());
            if (wait > 0) {
                delays.increment();
                now.signalLater(index, wait);
                return;
            }
            Chain chain = queue.next();
            if (chain == null) {
                return;
            }
            limiter.used(chain.readable() + chain.writable());
            // The last byte of the writable part is the status; the header comes first.
            if (chain.readable() < HEADER || chain.writable() < 1) {
                now.fail("a request to a disk without a header or room for its status");
                return;
            }
            long before = chain.writable() - 1;
            int status = carryOut(chain, before);
            if (status != OK) {
                errors.increment();
            }
            chain.writeByte(before, status);
            queue.complete(chain, before + 1);
            queue.flush();
        }
    }

    private int carryOut(Chain chain, long room) {
        chain.read(0, header, 0, HEADER);
        ByteBuffer fields = ByteBuffer.wrap(header).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        int kind = fields.getInt(0);
        long sector = fields.getLong(8);
        try {
            return switch (kind) {
                case IN -> read(chain, sector, room);
                case OUT -> write(chain, sector);
                case DO_FLUSH -> flush();
                case GET_ID -> giveId(chain, room);
                case DO_DISCARD -> forget(chain, 0);
                case DO_WRITE_ZEROES -> forget(chain, UNMAP);
                default -> UNSUPPORTED;
            };
        } catch (IOException e) {
            return IO_ERROR;
        }
    }

    /** {@return where a range begins; -1 if it is not on the disk} */
    private long place(long sector, long length) {
        long sectors = disk.size() / SECTOR;
        boolean within =
                sector >= 0 && sector <= sectors && length % SECTOR == 0 && length / SECTOR <= sectors - sector;
        return within ? sector * SECTOR : -1;
    }

    private int read(Chain chain, long sector, long length) throws IOException {
        long at = place(sector, length);
        if (at < 0) {
            return IO_ERROR;
        }
        reads.increment();
        readBytes.add(length);
        long left = length;
        for (int i = chain.readablePieces(); i < chain.pieces() && left > 0; i++) {
            long part = Math.min(left, chain.length(i));
            disk.read(chain.piece(i).asSlice(0, part).asByteBuffer(), at);
            at += part;
            left -= part;
        }
        return OK;
    }

    private int write(Chain chain, long sector) throws IOException {
        long length = chain.readable() - HEADER;
        long at = place(sector, length);
        if (at < 0 || disk.isReadOnly()) {
            return IO_ERROR;
        }
        writes.increment();
        writtenBytes.add(length);
        long skip = HEADER;
        for (int i = 0; i < chain.readablePieces(); i++) {
            long part = chain.length(i) - skip;
            if (part > 0) {
                disk.write(chain.piece(i).asSlice(skip, part).asByteBuffer(), at);
                at += part;
            }
            skip = Math.max(0, skip - chain.length(i));
        }
        return OK;
    }

    private int flush() throws IOException {
        disk.flush();
        return OK;
    }

    private int giveId(Chain chain, long room) {
        chain.write(0, id, 0, (int) Math.min(room, ID_BYTES));
        return OK;
    }

    /** Makes a range zeros. Flags that are not known here may ask for something else (section 5.2.6.2). */
    private int forget(Chain chain, int knownFlags) throws IOException {
        if (disk.isReadOnly() || chain.readable() != HEADER + RANGE) {
            return IO_ERROR;
        }
        byte[] range = new byte[RANGE];
        chain.read(HEADER, range, 0, RANGE);
        ByteBuffer fields = ByteBuffer.wrap(range).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        if ((fields.getInt(12) & ~knownFlags) != 0) {
            return UNSUPPORTED;
        }
        long length = (fields.getInt(8) & 0xFFFF_FFFFL) * SECTOR;
        long at = place(fields.getLong(0), length);
        if (at < 0 || length > (long) MOST_RANGE * SECTOR) {
            return IO_ERROR;
        }
        disk.zero(at, length);
        return OK;
    }

    @Override
    public void transfer(StateStream state) {
        long size = state.number(disk.size());
        if (state instanceof StateReader reader && size != disk.size()) {
            throw reader.damaged("a disk of " + disk.size() + " bytes is there for one of " + size);
        }
        limiter.transfer(state);
    }

    @Override
    public void reset() {
        driver = null;
    }

    @Override
    public void close() {
        disk.close();
    }
}
