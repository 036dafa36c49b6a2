package belljar.virtio;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A stream between a socket of the host and a program in the guest. What the host sends stays in its socket until the
 * guest has room; what the guest sends is kept here while the host's socket is full, up to {@link #ROOM}, which is what
 * the guest is told that it may send. For the thread that serves the device.
 */
final class VsockConnection {
    /** How many bytes of the guest's wait for the host. */
    static final int ROOM = 64 * 1024;

    /** When so much has been passed on since the guest was told of it, it is told. */
    private static final int TELL_AFTER = ROOM / 4;

    private enum State {
        GREETING,
        REQUESTED,
        OPEN,
        DEAD
    }

    private static final String COMMAND = "CONNECT ";
    private static final int LONGEST_COMMAND = COMMAND.length() + 10;

    private final VsockDevice device;
    private final SocketChannel channel;
    private final SelectionKey key;
    private final StringBuilder command = new StringBuilder();
    int hostPort;
    int guestPort;
    private State state;

    /** Kinds of packets, as bits, that the guest is to be sent. */
    private int untold;

    /** Whether it is in the device's list of those that may have something for the guest. */
    boolean listed;

    private boolean readable;
    private boolean hostEnded;
    private boolean guestReceives = true;
    private boolean guestSends = true;
    private boolean outputShut;

    private int sent;
    private int guestRoom;
    private int guestPassed;
    private boolean creditAsked;

    private int received;
    private int passed;
    private int passedTold;
    private byte @Nullable [] backlog;
    private int backlogFirst;
    private int backlogSize;

    private VsockConnection(VsockDevice device, SocketChannel channel, State state) throws IOException {
        this.device = device;
        this.channel = channel;
        this.state = state;
        this.key = device.sockets().add(channel, this);
    }

    /** Makes one of a host's program that has connected, and has to say where to yet. */
    static VsockConnection ofHost(VsockDevice device, SocketChannel channel) throws IOException {
        VsockConnection connection = new VsockConnection(device, channel, State.GREETING);
        connection.watch(SelectionKey.OP_READ);
        return connection;
    }

    /** Makes one that the guest has asked for, and the host has accepted. */
    static VsockConnection ofGuest(VsockDevice device, SocketChannel channel, VsockHeader request) throws IOException {
        VsockConnection connection = new VsockConnection(device, channel, State.OPEN);
        connection.hostPort = request.destinationPort;
        connection.guestPort = request.sourcePort;
        connection.credit(request);
        connection.untold = 1 << VsockHeader.RESPONSE;
        connection.watch(SelectionKey.OP_READ);
        return connection;
    }

    private void watch(int operations) {
        device.sockets().watch(key, operations);
    }

    private void tell(int operation) {
        untold |= 1 << operation;
        device.list(this);
    }

    /** Ends it and has the guest told, if it knows of it. */
    void die() {
        boolean known = state != State.GREETING && state != State.DEAD;
        close();
        if (known) {
            untold = 0;
            tell(VsockHeader.RESET);
        } else if (untold == 0) {
            device.forget(this);
        }
    }

    /** Ends it; the guest is not told. */
    void close() {
        state = State.DEAD;
        backlog = null;
        backlogSize = 0;
        try {
            channel.close();
        } catch (IOException e) {
            // It is closed all the same.
            backlogSize = 0;
        }
        device.sockets().letGo();
    }

    /** The host's socket is ready for something that was waited for. */
    void ready(int operations) {
        if (state == State.DEAD) {
            return;
        }
        if ((operations & SelectionKey.OP_WRITE) != 0) {
            passOn();
        }
        if (state == State.GREETING) {
            greet();
        } else if ((operations & SelectionKey.OP_READ) != 0 && state == State.OPEN) {
            readable = true;
            device.list(this);
        }
    }

    /** Reads the line that says where to connect, byte by byte since what follows is the guest's. */
    private void greet() {
        ByteBuffer one = ByteBuffer.allocate(1);
        while (true) {
            one.clear();
            int n = read(one);
            if (n == 0) {
                watch(SelectionKey.OP_READ);
                return;
            }
            if (n < 0 || command.length() > LONGEST_COMMAND) {
                die();
                return;
            }
            if (one.get(0) == '\n') {
                request();
                return;
            }
            command.append((char) one.get(0));
        }
    }

    private void request() {
        String text = command.toString();
        long port = -1;
        if (text.startsWith(COMMAND) && text.length() > COMMAND.length()) {
            port = 0;
            for (int i = COMMAND.length(); i < text.length() && port >= 0; i++) {
                int digit = text.charAt(i) - '0';
                port = digit < 0 || digit > 9 ? -1 : port * 10 + digit;
            }
        }
        if (port < 0 || port > 0xFFFF_FFFFL) {
            die();
            return;
        }
        guestPort = (int) port;
        device.name(this);
        state = State.REQUESTED;
        tell(VsockHeader.REQUEST);
    }

    /** {@return bytes read; 0 if there are none, -1 if there will be none} */
    private int read(ByteBuffer into) {
        try {
            return channel.read(into);
        } catch (IOException e) {
            return -1;
        }
    }

    private void credit(VsockHeader header) {
        guestRoom = header.room;
        guestPassed = header.passed;
        creditAsked = false;
    }

    /** {@return how many bytes the guest has room for} */
    private long credit() {
        return Math.max(0, Integer.toUnsignedLong(guestRoom) - Integer.toUnsignedLong(sent - guestPassed));
    }

    /** Takes a packet of the guest. */
    void take(VsockHeader header, Chain chain) {
        if (state == State.DEAD) {
            if (header.operation == VsockHeader.RESET) {
                untold = 0;
                device.forget(this);
            }
            return;
        }
        credit(header);
        boolean fits = switch (header.operation) {
            case VsockHeader.RESPONSE -> state == State.REQUESTED && accepted();
            case VsockHeader.DATA -> state == State.OPEN && guestSends && data(header, chain);
            case VsockHeader.SHUTDOWN -> state == State.OPEN && shutdown(header.flags);
            case VsockHeader.CREDIT_UPDATE -> state == State.OPEN;
            case VsockHeader.CREDIT_REQUEST -> state == State.OPEN;
            default -> false;
        };
        if (header.operation == VsockHeader.RESET) {
            close();
            device.forget(this);
        } else if (!fits) {
            die();
        } else if (header.operation == VsockHeader.CREDIT_REQUEST) {
            tell(VsockHeader.CREDIT_UPDATE);
        } else {
            device.list(this);
        }
    }

    private boolean accepted() {
        state = State.OPEN;
        byte[] answer = ("OK " + Integer.toUnsignedString(hostPort) + "\n").getBytes(StandardCharsets.US_ASCII);
        try {
            // The first that it is sent: there is room.
            channel.write(ByteBuffer.wrap(answer));
        } catch (IOException e) {
            return false;
        }
        watch(SelectionKey.OP_READ);
        return true;
    }

    /** Takes what the guest sends; {@return false if it was not to send that} */
    private boolean data(VsockHeader header, Chain chain) {
        int length = header.length;
        if (length < 0 || length > chain.readable() - VsockHeader.SIZE || length > ROOM - (received - passed)) {
            return false;
        }
        received += length;
        ByteBuffer bytes = device.scratch().clear().limit(length);
        chain.read(VsockHeader.SIZE, MemorySegment.ofBuffer(bytes), 0, length);
        try {
            if (backlogSize == 0) {
                pass(channel.write(bytes));
            }
        } catch (IOException e) {
            return false;
        }
        keep(bytes);
        return true;
    }

    private void keep(ByteBuffer bytes) {
        if (!bytes.hasRemaining()) {
            return;
        }
        byte[] ring = backlog == null ? new byte[ROOM] : backlog;
        backlog = ring;
        if (backlogSize == 0) {
            watch(SelectionKey.OP_WRITE);
        }
        int at = (backlogFirst + backlogSize) % ROOM;
        backlogSize += bytes.remaining();
        int part = Math.min(bytes.remaining(), ROOM - at);
        bytes.get(ring, at, part);
        bytes.get(ring, 0, bytes.remaining());
    }

    private void pass(int count) {
        passed += count;
        if (passed - passedTold >= TELL_AFTER && guestSends) {
            tell(VsockHeader.CREDIT_UPDATE);
        }
    }

    /** Passes on what waits for the host. */
    private void passOn() {
        byte[] ring = backlog;
        try {
            while (ring != null && backlogSize > 0) {
                int n = channel.write(ByteBuffer.wrap(ring, backlogFirst, Math.min(backlogSize, ROOM - backlogFirst)));
                if (n == 0) {
                    watch(SelectionKey.OP_WRITE);
                    return;
                }
                backlogFirst = (backlogFirst + n) % ROOM;
                backlogSize -= n;
                pass(n);
            }
            backlog = null;
            backlogFirst = 0;
            if (!ends()) {
                die();
            }
        } catch (IOException e) {
            die();
        }
    }

    private boolean shutdown(int flags) {
        guestReceives &= (flags & VsockHeader.NO_RECEIVE) == 0;
        guestSends &= (flags & VsockHeader.NO_SEND) == 0;
        try {
            if (!guestReceives) {
                channel.shutdownInput();
            }
        } catch (IOException e) {
            return false;
        }
        return ends();
    }

    /** Tells the host what has ended, once it has everything; {@return false if all has} */
    private boolean ends() {
        if (backlogSize > 0 || guestSends) {
            return true;
        }
        if (!outputShut) {
            outputShut = true;
            try {
                channel.shutdownOutput();
            } catch (IOException e) {
                return false;
            }
        }
        return guestReceives;
    }

    /**
     * Makes the next packet for the guest, if there is one.
     *
     * @param header is filled
     * @param chain where data goes, behind the room for the header
     * @return whether there is one
     */
    boolean fill(VsockHeader header, Chain chain) {
        boolean any = untold != 0 || fillData(header, chain);
        // Reading may have ended it, which is to be said now.
        if (untold != 0 && header.operation == 0) {
            header.operation = Integer.numberOfTrailingZeros(untold);
            header.flags = header.operation == VsockHeader.SHUTDOWN ? VsockHeader.NO_SEND : 0;
            untold &= untold - 1;
            any = true;
        }
        header.sourcePort = hostPort;
        header.destinationPort = guestPort;
        header.room = ROOM;
        header.passed = passed;
        passedTold = any ? passed : passedTold;
        if (header.operation == VsockHeader.RESET) {
            device.forget(this);
        }
        return any;
    }

    private boolean fillData(VsockHeader header, Chain chain) {
        if (!readable || hostEnded || state != State.OPEN || !guestReceives) {
            return false;
        }
        long room = Math.min(credit(), chain.writable() - VsockHeader.SIZE);
        if (room <= 0) {
            if (credit() == 0 && !creditAsked) {
                creditAsked = true;
                untold |= 1 << VsockHeader.CREDIT_REQUEST;
            }
            return false;
        }
        ByteBuffer bytes = device.scratch().clear();
        bytes.limit((int) Math.min(room, bytes.capacity()));
        int n = read(bytes);
        if (n == 0) {
            readable = false;
            watch(SelectionKey.OP_READ);
            return false;
        }
        if (n < 0) {
            hostEnded = true;
            untold |= 1 << VsockHeader.SHUTDOWN;
            return false;
        }
        chain.write(VsockHeader.SIZE, MemorySegment.ofBuffer(device.scratch().clear()), 0, n);
        sent += n;
        header.operation = VsockHeader.DATA;
        header.length = n;
        return true;
    }
}
