package belljar.virtio;

import belljar.failure.BugException;
import belljar.failure.HostException;
import belljar.machine.StateReader;
import belljar.machine.StateStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A network card (virtio 1.2, section 5.1) with one pair of queues. Checksums and the cutting of large segments are
 * left to the wire in both directions, where the driver wants that. A frame waits on the wire while the driver has no
 * room for it. When the wire is cut, the link goes down for good and the machine goes on.
 *
 * <p>Made and closed by one thread; {@link #metrics} is for any.
 */
public final class NetDevice implements VirtioDevice {
    /** Bytes of a hardware address. */
    public static final int MAC_SIZE = 6;

    static final int RECEIVE = 0;
    static final int TRANSMIT = 1;
    static final int CONTROL = 2;

    static final long CSUM = 1;
    static final long GUEST_CSUM = 1 << 1;
    static final long CTRL_GUEST_OFFLOADS = 1 << 2;
    static final long MTU = 1 << 3;
    static final long MAC = 1 << 5;
    static final long GUEST_TSO4 = 1 << 7;
    static final long GUEST_TSO6 = 1 << 8;
    static final long GUEST_ECN = 1 << 9;
    static final long HOST_TSO4 = 1 << 11;
    static final long HOST_TSO6 = 1 << 12;
    static final long HOST_ECN = 1 << 13;
    static final long MRG_RXBUF = 1 << 15;
    static final long STATUS = 1 << 16;
    static final long CTRL_VQ = 1 << 17;
    static final long CTRL_RX = 1 << 18;
    static final long GUEST_ANNOUNCE = 1 << 21;
    static final long CTRL_MAC_ADDR = 1 << 23;

    /** What the driver can have switched on and off while it runs. */
    static final long GUEST_OFFLOADS = GUEST_CSUM | GUEST_TSO4 | GUEST_TSO6 | GUEST_ECN;

    static final int STATUS_AT = 6;
    static final int LINK_UP = 1;
    static final int ANNOUNCE = 2;
    private static final int MTU_AT = 10;
    private static final int CONFIG_SIZE = 12;

    private static final int BUFFERS_AT = 10;
    private static final int ETHERNET_HEADER = 14;
    private static final int LEAST_MTU = 68;
    private static final int MOST_MTU = 65535;
    private static final int SIZE = 256;
    private static final int CONTROL_SIZE = 64;

    /** How many frames go one way before the other has its turn. */
    private static final int TURN = 256;

    /** How many frames the driver is told of at once. */
    private static final int BATCH = 64;

    private final NetBackend wire;
    private final byte[] mac;
    private final long features;
    private final ConfigSpace config = new ConfigSpace(CONFIG_SIZE);
    private final NetControl control = new NetControl(this);
    private final Arena arena = Arena.ofShared();
    private final MemorySegment frame = arena.allocate(NetBackend.LONGEST, 16);
    private final RateLimiter receiving;
    private final RateLimiter sending;
    private final Chain[] collected = new Chain[SIZE];

    /** Bytes of the frame that waits for room. */
    private int waiting;

    /** What the guest does itself with frames that it receives, bits of {@link #GUEST_OFFLOADS}. */
    private long offloads;

    private volatile boolean cut;
    private volatile @Nullable GuestDriver driver;

    private final AtomicLong received = new AtomicLong();
    private final AtomicLong receivedBytes = new AtomicLong();
    private final AtomicLong sent = new AtomicLong();
    private final AtomicLong sentBytes = new AtomicLong();
    private final AtomicLong dropped = new AtomicLong();
    private final AtomicLong delays = new AtomicLong();

    /**
     * Makes a network card.
     *
     * @param wire its wire, which is closed together with it
     * @param mac its hardware address, {@link #MAC_SIZE} bytes; not that of a group
     * @param mtu the largest packet that it tells the driver of, 68 to 65535 bytes; 0 to leave that to the driver
     */
    public NetDevice(NetBackend wire, byte[] mac, int mtu) {
        this(wire, mac, mtu, RateLimit.NONE, RateLimit.NONE);
    }

    /**
     * Makes a network card that is limited.
     *
     * @param wire its wire, which is closed together with it
     * @param mac its hardware address, {@link #MAC_SIZE} bytes; not that of a group
     * @param mtu the largest packet that it tells the driver of, 68 to 65535 bytes; 0 to leave that to the driver
     * @param receiving how much the guest receives at most; an operation is a frame, and the rest waits on the wire
     * @param sending how much the guest sends at most; the rest waits in the guest
     */
    public NetDevice(NetBackend wire, byte[] mac, int mtu, RateLimit receiving, RateLimit sending) {
        if (mac.length != MAC_SIZE || (mac[0] & 1) != 0 || mtu != 0 && (mtu < LEAST_MTU || mtu > MOST_MTU)) {
            throw new BugException(
                    "a network card with a hardware address of " + mac.length
                            + " bytes or of a group, or for packets of " + mtu + " bytes",
                    null);
        }
        this.wire = wire;
        this.mac = mac.clone();
        this.receiving = new RateLimiter(receiving, System.nanoTime());
        this.sending = new RateLimiter(sending, System.nanoTime());
        this.features = CSUM
                | HOST_TSO4
                | HOST_TSO6
                | HOST_ECN
                | GUEST_OFFLOADS
                | CTRL_GUEST_OFFLOADS
                | MAC
                | MRG_RXBUF
                | STATUS
                | CTRL_VQ
                | CTRL_RX
                | CTRL_MAC_ADDR
                | GUEST_ANNOUNCE
                | (mtu == 0 ? 0 : MTU);
        config.write(STATUS_AT, 2, LINK_UP);
        config.write(MTU_AT, 2, mtu);
        setMac(this.mac);
        wire.listen(this::wakeUp);
    }

    private void wakeUp() {
        GuestDriver current = driver;
        if (current != null) {
            current.signal(RECEIVE);
        }
    }

    void setMac(byte[] address) {
        synchronized (config) {
            for (int i = 0; i < MAC_SIZE; i++) {
                config.write(i, 1, address[i]);
            }
        }
    }

    @Override
    public int type() {
        return 1;
    }

    @Override
    public long features() {
        return features;
    }

    @Override
    public int queues() {
        return CONTROL + 1;
    }

    @Override
    public int queueSize(int queue) {
        return queue == CONTROL ? CONTROL_SIZE : SIZE;
    }

    @Override
    public ConfigSpace config() {
        return config;
    }

    @Override
    public void activate(GuestDriver guest) {
        offload(taken(guest));
        driver = guest;
    }

    private static long taken(GuestDriver guest) {
        long taken = 0;
        for (long bit = GUEST_CSUM; bit <= GUEST_ECN; bit <<= 1) {
            taken |= (bit & GUEST_OFFLOADS) != 0 && guest.has(bit) ? bit : 0;
        }
        return taken;
    }

    /** Has the wire leave to the guest what it said it does, bits of {@link #GUEST_OFFLOADS}. */
    void offload(long guest) {
        offloads = guest;
        // All others are about what a checksum leaves open, so they do not go without it.
        int wanted = (guest & GUEST_CSUM) == 0 ? 0 : NetBackend.CHECKSUM;
        if (wanted != 0) {
            wanted |= (guest & GUEST_TSO4) != 0 ? NetBackend.TSO4 : 0;
            wanted |= (guest & GUEST_TSO6) != 0 ? NetBackend.TSO6 : 0;
            wanted |= (guest & GUEST_ECN) != 0 && wanted > NetBackend.CHECKSUM ? NetBackend.TSO_ECN : 0;
        }
        if (!cut) {
            try {
                wire.offload(wanted);
            } catch (HostException e) {
                cut();
            }
        }
    }

    @Override
    public void serve(int index) {
        GuestDriver guest = driver;
        if (guest == null) {
            return;
        }
        Virtqueue queue = guest.queue(index);
        switch (index) {
            case RECEIVE -> receive(guest, queue);
            case TRANSMIT -> transmit(guest, queue);
            default -> control.serve(guest, queue);
        }
    }

    private void transmit(GuestDriver guest, Virtqueue queue) {
        int count = 0;
        while (mayGoOn(guest, TRANSMIT, sending, count)) {
            Chain chain = queue.next();
            if (chain == null) {
                break;
            }
            sending.used(chain.readable());
            send(chain);
            queue.complete(chain, 0);
            if (++count % BATCH == 0) {
                queue.flush();
            }
        }
        queue.flush();
    }

    /** {@return whether a direction may have another frame now; if not, it is served again when it may} */
    private boolean mayGoOn(GuestDriver guest, int queue, RateLimiter limiter, int count) {
        if (count == TURN) {
            guest.signal(queue);
            return false;
        }
        long wait = limiter.delay(System.nanoTime());
        if (wait > 0) {
            delays.incrementAndGet();
            guest.signalLater(queue, wait);
        }
        return wait == 0 && !guest.isStopping();
    }

    private void send(Chain chain) {
        long length = chain.readable();
        boolean taken = false;
        if (length >= NetBackend.HEADER + ETHERNET_HEADER && length <= NetBackend.LONGEST && !cut) {
            try {
                taken = wire.send(chain);
            } catch (HostException e) {
                cut();
            }
        }
        if (taken) {
            sent.incrementAndGet();
            sentBytes.addAndGet(length - NetBackend.HEADER);
        } else {
            dropped.incrementAndGet();
        }
    }

    private void receive(GuestDriver guest, Virtqueue queue) {
        boolean merge = guest.has(MRG_RXBUF);
        int count = 0;
        while (mayGoOn(guest, RECEIVE, receiving, count) && next() && (merge ? deliver(queue) : deliverWhole(queue))) {
            receiving.used(waiting);
            waiting = 0;
            if (++count % BATCH == 0) {
                queue.flush();
            }
        }
        queue.flush();
    }

    /** Has a frame wait, if there is one; {@return whether there is} */
    private boolean next() {
        if (waiting == 0 && !cut) {
            try {
                waiting = wire.receive(frame);
            } catch (HostException e) {
                cut();
            }
        }
        return waiting > 0;
    }

    /** Gives a frame to the driver in as many buffers as it needs; {@return false if there are not enough yet} */
    private boolean deliver(Virtqueue queue) {
        long room = 0;
        int pieces = 0;
        int count = 0;
        while (room < waiting) {
            Chain chain = count < collected.length ? queue.next() : null;
            if (chain == null) {
                putBack(queue, count);
                // The driver gives no more buffers while it has none back.
                return pieces >= queue.size() && queue.size() > 0 && lose();
            }
            collected[count++] = chain;
            room += chain.writable();
            pieces += Math.max(1, chain.pieces());
        }
        setBuffers(count);
        int done = 0;
        for (int i = 0; i < count; i++) {
            int part = (int) Math.min(collected[i].writable(), waiting - done);
            collected[i].write(0, frame, done, part);
            queue.complete(collected[i], part);
            done += part;
        }
        return received();
    }

    private void putBack(Virtqueue queue, int count) {
        for (int i = count - 1; i >= 0; i--) {
            queue.putBack(collected[i]);
        }
    }

    /** Gives a frame to the driver in one buffer, or loses it; {@return false if there is none yet} */
    private boolean deliverWhole(Virtqueue queue) {
        Chain chain = queue.next();
        if (chain == null) {
            return false;
        }
        if (chain.writable() < waiting) {
            queue.putBack(chain);
            return lose();
        }
        setBuffers(1);
        chain.write(0, frame, 0, waiting);
        queue.complete(chain, waiting);
        return received();
    }

    private void setBuffers(int count) {
        frame.set(ValueLayout.JAVA_BYTE, BUFFERS_AT, (byte) count);
        frame.set(ValueLayout.JAVA_BYTE, BUFFERS_AT + 1, (byte) (count >> 8));
    }

    private boolean received() {
        received.incrementAndGet();
        receivedBytes.addAndGet(waiting - NetBackend.HEADER);
        return true;
    }

    private boolean lose() {
        dropped.incrementAndGet();
        return true;
    }

    /** The wire is cut: there is no carrier any more. */
    private void cut() {
        cut = true;
        waiting = 0;
        config.write(STATUS_AT, 2, 0);
        config.announce();
    }

    /** {@return whether the wire was cut} From any thread. */
    public boolean isCut() {
        return cut;
    }

    /**
     * Has the driver tell the network where it is now, if it can: after the machine has come here from elsewhere. From
     * any thread.
     */
    public void announceGuest() {
        GuestDriver current = driver;
        if (current != null && current.has(GUEST_ANNOUNCE) && !cut) {
            config.write(STATUS_AT, 2, LINK_UP | ANNOUNCE);
            config.announce();
        }
    }

    /** The driver has told the network. */
    void announced() {
        config.write(STATUS_AT, 2, cut ? 0 : LINK_UP);
    }

    /** The network is another one for who is loaded: the link is as it is here, and the guest is to announce itself. */
    @Override
    public void transfer(StateStream state) {
        receiving.transfer(state);
        sending.transfer(state);
        offloads = state.number(offloads);
        byte[] first = state.bytes(frame.asSlice(0, waiting).toArray(ValueLayout.JAVA_BYTE), NetBackend.LONGEST);
        if (state instanceof StateReader reader) {
            if (first.length > 0 && first.length < NetBackend.HEADER) {
                throw reader.damaged("a frame of " + first.length + " bytes");
            }
            waiting = first.length;
            MemorySegment.copy(first, 0, frame, ValueLayout.JAVA_BYTE, 0, waiting);
            arrive();
        }
    }

    private void arrive() {
        GuestDriver guest = driver;
        if (guest == null) {
            announced();
            return;
        }
        offload(offloads & taken(guest));
        if (guest.has(GUEST_ANNOUNCE) && !cut) {
            announceGuest();
        } else if (config.read(STATUS_AT, 2) != (cut ? 0 : LINK_UP)) {
            announced();
            config.announce();
        }
    }

    @Override
    public void reset() {
        driver = null;
        waiting = 0;
        setMac(mac);
        announced();
        offload(0);
    }

    @Override
    public void close() {
        wire.close();
        arena.close();
    }

    /** {@return what it has done} From any thread. */
    public NetMetrics metrics() {
        return new NetMetrics(
                received.get(), receivedBytes.get(), sent.get(), sentBytes.get(), dropped.get(), delays.get());
    }
}
