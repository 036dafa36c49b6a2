package belljar.virtio;

import belljar.machine.StateStream;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/**
 * A console (virtio 1.2, section 5.3) with one port, which says that it is a console to drivers that know of several
 * ports. Both directions have flow control: the guest waits while 64 KiB of its output wait to be written, and
 * {@link #receive} waits while 16 KiB of input wait for the guest.
 *
 * <p>Safe for use by several threads.
 */
public final class ConsoleDevice implements VirtioDevice {
    static final int INPUT = 0;
    static final int OUTPUT = 1;
    static final int TO_DRIVER = 2;
    static final int FROM_DRIVER = 3;

    static final long SIZE = 1;
    static final long MULTIPORT = 1 << 1;

    private static final int CONFIG_SIZE = 12;
    private static final int PORTS_AT = 4;
    private static final int QUEUE_SIZE = 128;
    private static final int QUEUED_INPUT = 16 * 1024;
    private static final int AT_ONCE = 4096;
    private static final long LONGEST_BUFFER = 0xFFFF_FFFFL;

    private final ConfigSpace config = new ConfigSpace(CONFIG_SIZE);
    private final ConsoleOutput output;
    private final ConsolePort port = new ConsolePort();
    private final byte[] bytes = new byte[AT_ONCE];

    private final byte[] input = new byte[QUEUED_INPUT];
    private int inputFirst;
    private int inputSize;
    private boolean closed;

    /** How much of the buffer that is next in the output queue has gone out already. */
    private long sentOfNext;

    private volatile @Nullable GuestDriver driver;

    /**
     * Makes a console.
     *
     * @param output where what the guest sends goes, on a thread of its own; it is flushed there, not closed
     */
    public ConsoleDevice(OutputStream output) {
        this.output = new ConsoleOutput(output, () -> signal(OUTPUT));
        config.write(PORTS_AT, 4, 1);
    }

    private void signal(int queue) {
        GuestDriver current = driver;
        if (current != null) {
            current.signal(queue);
        }
    }

    @Override
    public int type() {
        return 3;
    }

    @Override
    public long features() {
        return SIZE | MULTIPORT;
    }

    @Override
    public int queues() {
        return FROM_DRIVER + 1;
    }

    @Override
    public int queueSize(int queue) {
        return QUEUE_SIZE;
    }

    @Override
    public ConfigSpace config() {
        return config;
    }

    /**
     * Sends bytes to the guest. Waits while the queue of 16 KiB is full, until the guest has read of it, or the console
     * has been closed or the thread interrupted, in which case the rest is lost.
     *
     * @param from an array with the bytes at its beginning
     * @param length how many
     */
    public void receive(byte[] from, int length) {
        int done = 0;
        while (done < length) {
            int taken = enqueue(from, done, length - done);
            if (taken == 0) {
                return;
            }
            done += taken;
            signal(INPUT);
        }
    }

    private synchronized int enqueue(byte[] from, int start, int length) {
        while (inputSize == QUEUED_INPUT && !closed) {
            try {
                wait();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return 0;
            }
        }
        if (closed) {
            return 0;
        }
        int taken = Math.min(length, QUEUED_INPUT - inputSize);
        for (int i = 0; i < taken; i++) {
            input[(inputFirst + inputSize + i) % QUEUED_INPUT] = from[start + i];
        }
        inputSize += taken;
        return taken;
    }

    private synchronized boolean hasInput() {
        return inputSize > 0;
    }

    private synchronized int dequeue(long most) {
        int n = (int) Math.min(Math.min(most, AT_ONCE), inputSize);
        for (int i = 0; i < n; i++) {
            bytes[i] = input[(inputFirst + i) % QUEUED_INPUT];
        }
        inputFirst = (inputFirst + n) % QUEUED_INPUT;
        inputSize -= n;
        notifyAll();
        return n;
    }

    /**
     * Tells the guest the size of the terminal. From any thread, at any time.
     *
     * @param columns characters in a line, 0 to 65535; 0 if that is not known
     * @param rows lines, 0 to 65535
     */
    public void resize(int columns, int rows) {
        synchronized (config) {
            config.write(0, 2, columns);
            config.write(2, 2, rows);
        }
        port.resize(columns, rows);
        config.announce();
        signal(TO_DRIVER);
    }

    @Override
    public void activate(GuestDriver guest) {
        driver = guest;
    }

    @Override
    public void serve(int index) {
        GuestDriver guest = driver;
        if (guest == null) {
            return;
        }
        Virtqueue queue = guest.queue(index);
        switch (index) {
            case INPUT -> giveInput(guest, queue);
            case OUTPUT -> takeOutput(queue);
            case TO_DRIVER -> port.tell(guest, queue);
            default -> {
                port.hear(guest, queue);
                port.tell(guest, guest.queue(TO_DRIVER));
                // What was typed before the guest had opened the port waits for this.
                giveInput(guest, guest.queue(INPUT));
            }
        }
    }

    private void giveInput(GuestDriver guest, Virtqueue queue) {
        if (guest.has(MULTIPORT) && !port.isOpen()) {
            return;
        }
        while (hasInput()) {
            Chain chain = queue.next();
            if (chain == null) {
                break;
            }
            int n = dequeue(chain.writable());
            chain.write(0, bytes, 0, n);
            queue.complete(chain, n);
        }
        queue.flush();
    }

    private void takeOutput(Virtqueue queue) {
        for (Chain chain = queue.next(); chain != null; chain = queue.next()) {
            if (!send(chain)) {
                queue.putBack(chain);
                break;
            }
            sentOfNext = 0;
            queue.complete(chain, 0);
        }
        queue.flush();
    }

    /** Sends a buffer on from where the last time ended; {@return whether all of it is sent} */
    private boolean send(Chain chain) {
        while (sentOfNext < chain.readable()) {
            int n = (int) Math.min(Math.min(chain.readable() - sentOfNext, AT_ONCE), output.room());
            if (n == 0) {
                return false;
            }
            chain.read(sentOfNext, bytes, 0, n);
            output.offer(bytes, n);
            sentOfNext += n;
        }
        return true;
    }

    /** {@return whether writing the guest's output has failed, and all output since is lost} */
    public boolean hasFailed() {
        return output.hasFailed();
    }

    /** What was received and not read yet belongs to the state; what the guest has sent is the host's already. */
    @Override
    public void transfer(StateStream state) {
        synchronized (this) {
            byte[] queued = new byte[inputSize];
            for (int i = 0; i < inputSize; i++) {
                queued[i] = input[(inputFirst + i) % QUEUED_INPUT];
            }
            queued = state.bytes(queued, QUEUED_INPUT);
            System.arraycopy(queued, 0, input, 0, queued.length);
            inputFirst = 0;
            inputSize = queued.length;
        }
        sentOfNext = state.number(sentOfNext, 0, LONGEST_BUFFER);
        port.transfer(state);
    }

    /** What was received and not read yet is kept for who comes then. */
    @Override
    public void reset() {
        driver = null;
        sentOfNext = 0;
        port.reset();
    }

    /** Ends the waiting of {@link #receive}, and waits until all that the guest has sent is written. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        output.close();
    }
}
