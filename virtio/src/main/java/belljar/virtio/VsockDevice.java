package belljar.virtio;

import belljar.failure.BugException;
import belljar.machine.StateReader;
import belljar.machine.StateStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Sockets between guest and host (virtio 1.2, section 5.10): streams. A program on the host connects to a Unix socket
 * and says {@code CONNECT PORT} and a newline; when a program in the guest has accepted at that port, it reads
 * {@code OK} and a number, and from then on talks to it. A program in the guest that connects to a port of CID 2 comes
 * out at the Unix socket whose path is that of the first followed by {@code _PORT}, where one on the host listens.
 * Firecracker does the same.
 *
 * <p>What is kept for a guest is limited, whatever it does: {@value #MOST} streams with 64 KiB each at the most. A
 * packet that should not be resets its stream.
 *
 * <p>Made and closed by one thread; {@link #transportReset} is for any.
 */
public final class VsockDevice implements VirtioDevice {
    /** How many streams there are at most. */
    public static final int MOST = 1024;

    /** The lowest and the highest context id that a guest may have; lower ones mean hosts. */
    public static final long LEAST_CID = 3;

    private static final long MOST_CID = 0xFFFF_FFFEL;
    private static final long HOST_CID = 2;

    static final int TO_GUEST = 0;
    static final int FROM_GUEST = 1;
    static final int EVENTS = 2;
    static final long F_STREAM = 1;

    private static final int CONFIG_SIZE = 8;
    private static final int QUEUE_SIZE = 256;
    private static final int SCRATCH = 64 * 1024;
    private static final int MOST_REFUSALS = 256;
    private static final int TURN = 256;

    /** Where the ports begin that the host's ends of streams get. */
    private static final int FIRST_PORT = 1 << 30;

    private final long cid;
    private final ConfigSpace config = new ConfigSpace(CONFIG_SIZE);
    private final VsockSockets sockets;
    private final ByteBuffer scratch = ByteBuffer.allocateDirect(SCRATCH);
    private final VsockHeader header = new VsockHeader();
    private final Map<Long, VsockConnection> streams = new HashMap<>();
    private final ArrayList<VsockConnection> all = new ArrayList<>();
    private final ArrayDeque<VsockConnection> listed = new ArrayDeque<>();

    /** The addresses of streams that there are not, of which the guest is to be told: ports of host and guest. */
    private final ArrayDeque<Long> refusals = new ArrayDeque<>();

    private boolean waitsForRefusals;
    private int nextPort = FIRST_PORT;
    private volatile boolean resetAsked;
    private boolean resetUntold;
    private volatile @Nullable GuestDriver driver;

    /**
     * Makes a socket device.
     *
     * @param cid the guest's context id, 3 to 2^32 - 2
     * @param path where the host's programs connect; the file must not be there, and goes with the device
     * @throws belljar.failure.UserException if the path is too long, or there is a file
     * @throws belljar.failure.HostException if the socket cannot be made
     */
    public VsockDevice(long cid, Path path) {
        if (cid < LEAST_CID || cid > MOST_CID) {
            throw new BugException("a guest cannot have the context id " + cid, null);
        }
        this.cid = cid;
        config.write(0, CONFIG_SIZE, cid);
        sockets = VsockSockets.listen(path, this::wakeUp);
    }

    private void wakeUp() {
        GuestDriver current = driver;
        if (current != null) {
            current.signal(TO_GUEST);
        }
    }

    VsockSockets sockets() {
        return sockets;
    }

    /** {@return memory for what passes through here} */
    ByteBuffer scratch() {
        return scratch;
    }

    @Override
    public int type() {
        return 19;
    }

    @Override
    public long features() {
        return F_STREAM;
    }

    @Override
    public int queues() {
        return EVENTS + 1;
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
    public void activate(GuestDriver guest) {
        driver = guest;
    }

    /**
     * Has the driver told that all its streams have ended, and ends them: after the machine has come here from
     * elsewhere, where their other ends were.
     */
    public void transportReset() {
        resetAsked = true;
        GuestDriver current = driver;
        if (current != null) {
            current.signal(EVENTS);
        }
    }

    @Override
    public void serve(int index) {
        GuestDriver guest = driver;
        if (guest == null) {
            return;
        }
        if (resetAsked) {
            resetAsked = false;
            resetUntold = true;
            endAll();
        }
        if (resetUntold) {
            tellOfReset(guest.queue(EVENTS));
        }
        if (index == TO_GUEST) {
            lookAtSockets();
        } else if (index == FROM_GUEST) {
            takePackets(guest, guest.queue(FROM_GUEST));
        }
        givePackets(guest, guest.queue(TO_GUEST));
    }

    private void tellOfReset(Virtqueue queue) {
        Chain chain = queue.next();
        if (chain != null) {
            // The driver will not know one from the other, and takes what began meanwhile for ended, too.
            endAll();
            resetUntold = false;
            // The event of the number 0, in 32 bits.
            int length = (int) Math.min(Integer.BYTES, chain.writable());
            chain.write(0, new byte[Integer.BYTES], 0, length);
            queue.complete(chain, length);
            queue.flush();
        }
    }

    private void lookAtSockets() {
        for (VsockSockets.Ready ready = sockets.nextReady(); ready != null; ready = sockets.nextReady()) {
            if (sockets.isServer(ready.key())) {
                accept();
            } else if (ready.key().attachment() instanceof VsockConnection connection) {
                connection.ready(ready.operations());
            }
        }
    }

    private void accept() {
        for (SocketChannel channel = sockets.accept(); channel != null; channel = sockets.accept()) {
            try {
                if (all.size() < MOST) {
                    all.add(VsockConnection.ofHost(this, channel));
                } else {
                    channel.close();
                }
            } catch (IOException e) {
                // Closed before it began; there is nobody to tell.
                sockets.letGo();
            }
        }
    }

    private static long key(int hostPort, int guestPort) {
        return (long) hostPort << 32 | guestPort & 0xFFFF_FFFFL;
    }

    /** Gives a stream from the host a port that is free. */
    void name(VsockConnection connection) {
        do {
            connection.hostPort = nextPort;
            nextPort = nextPort == -1 ? FIRST_PORT : nextPort + 1;
        } while (streams.containsKey(key(connection.hostPort, connection.guestPort)));
        streams.put(key(connection.hostPort, connection.guestPort), connection);
    }

    /** Has a stream asked for packets to the guest. */
    void list(VsockConnection connection) {
        if (!connection.listed) {
            connection.listed = true;
            listed.add(connection);
        }
    }

    /** Forgets a stream that has ended. */
    void forget(VsockConnection connection) {
        all.remove(connection);
        streams.remove(key(connection.hostPort, connection.guestPort), connection);
    }

    private void takePackets(GuestDriver guest, Virtqueue queue) {
        int count = 0;
        for (Chain chain = queue.next(); chain != null; chain = queue.next()) {
            if (refusals.size() >= MOST_REFUSALS) {
                // The guest is to take its answers before it asks on.
                waitsForRefusals = true;
                queue.putBack(chain);
                break;
            }
            if (chain.readable() >= VsockHeader.SIZE) {
                header.read(chain);
                take(chain);
            }
            queue.complete(chain, 0);
            if (++count == TURN) {
                guest.signal(FROM_GUEST);
                break;
            }
        }
        queue.flush();
    }

    private void take(Chain chain) {
        if (header.source != cid) {
            // Nobody else is there who could be answered.
            return;
        }
        VsockConnection stream = streams.get(key(header.destinationPort, header.sourcePort));
        boolean fits = header.destination == HOST_CID && header.type == VsockHeader.STREAM;
        if (fits && stream != null) {
            stream.take(header, chain);
        } else if (fits && header.operation == VsockHeader.REQUEST) {
            connect();
        } else if (header.operation != VsockHeader.RESET) {
            refuse();
        }
    }

    private void connect() {
        SocketChannel channel = all.size() < MOST ? sockets.connect(header.destinationPort) : null;
        if (channel == null) {
            refuse();
            return;
        }
        try {
            VsockConnection connection = VsockConnection.ofGuest(this, channel, header);
            all.add(connection);
            streams.put(key(connection.hostPort, connection.guestPort), connection);
            list(connection);
        } catch (IOException e) {
            refuse();
        }
    }

    private void refuse() {
        refusals.add(key(header.destinationPort, header.sourcePort));
    }

    private void givePackets(GuestDriver guest, Virtqueue queue) {
        int count = 0;
        while (!refusals.isEmpty() || !listed.isEmpty()) {
            Chain chain = queue.next();
            if (chain == null) {
                break;
            }
            if (chain.writable() < VsockHeader.SIZE) {
                queue.complete(chain, 0);
            } else if (fill(chain)) {
                header.write(chain);
                queue.complete(chain, VsockHeader.SIZE + header.length);
            } else {
                queue.putBack(chain);
            }
            if (++count == TURN) {
                guest.signal(TO_GUEST);
                break;
            }
        }
        queue.flush();
        if (waitsForRefusals && refusals.size() < MOST_REFUSALS) {
            waitsForRefusals = false;
            guest.signal(FROM_GUEST);
        }
    }

    /** Makes the next packet for the guest; {@return false if there is none} */
    private boolean fill(Chain chain) {
        header.source = HOST_CID;
        header.destination = cid;
        header.type = VsockHeader.STREAM;
        header.length = 0;
        header.flags = 0;
        header.operation = 0;
        Long refused = refusals.poll();
        if (refused != null) {
            header.operation = VsockHeader.RESET;
            header.sourcePort = (int) (refused >>> 32);
            header.destinationPort = refused.intValue();
            header.room = 0;
            header.passed = 0;
            return true;
        }
        for (VsockConnection next = listed.poll(); next != null; next = listed.poll()) {
            next.listed = false;
            if (next.fill(header, chain)) {
                // It may have more, and goes behind the others.
                list(next);
                return true;
            }
        }
        return false;
    }

    private void endAll() {
        for (VsockConnection connection : all) {
            connection.close();
        }
        all.clear();
        streams.clear();
        listed.clear();
        refusals.clear();
        waitsForRefusals = false;
    }

    /** Streams have their other ends elsewhere, and have all ended for who is loaded. */
    @Override
    public void transfer(StateStream state) {
        long guest = state.number(cid);
        nextPort = state.number(nextPort);
        if (state instanceof StateReader reader) {
            if (guest != cid || Integer.compareUnsigned(nextPort, FIRST_PORT) < 0) {
                throw reader.damaged("the guest's context id is " + guest + " and not " + cid
                        + ", or the next port is none of the host's");
            }
            config.write(0, CONFIG_SIZE, cid);
            if (driver != null) {
                transportReset();
            }
        }
    }

    @Override
    public void reset() {
        driver = null;
        resetAsked = false;
        resetUntold = false;
        endAll();
    }

    @Override
    public void close() {
        sockets.close();
    }
}
