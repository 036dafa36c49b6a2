package belljar.virtio;

import belljar.failure.HostException;
import belljar.failure.UserException;
import java.io.IOException;
import java.net.BindException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * The host's sockets of a {@link VsockDevice}, and the thread that looks which of them are ready. A socket is looked at
 * until it is ready for something, and then not for that until {@link #watch} is called again: so nothing turns in a
 * circle while the guest is not ready.
 *
 * <p>All but {@link #close} is for the thread that serves the device.
 */
final class VsockSockets implements AutoCloseable {
    /** What a path may have, less what a port adds to it. */
    private static final int LONGEST_PATH = 107 - "_4294967295".length();

    /**
     * A socket that is ready.
     *
     * @param key its key
     * @param operations what for, as its key says only until the next look
     */
    record Ready(SelectionKey key, int operations) {}

    private final Path path;
    private final Runnable wakeUp;
    private final Selector selector;
    private final ServerSocketChannel server;
    private final SelectionKey serverKey;
    private final Queue<Ready> ready = new ConcurrentLinkedQueue<>();
    private volatile boolean closed;

    private VsockSockets(Path path, Runnable wakeUp, Selector selector, ServerSocketChannel server) throws IOException {
        this.path = path;
        this.wakeUp = wakeUp;
        this.selector = selector;
        this.server = server;
        this.serverKey = server.register(selector, SelectionKey.OP_ACCEPT);
    }

    /**
     * Listens.
     *
     * @param path where; the file must not be there, and only its owner can connect to it
     * @param wakeUp run whenever a socket has become ready
     */
    static VsockSockets listen(Path path, Runnable wakeUp) {
        if (path.toString().getBytes(StandardCharsets.UTF_8).length > LONGEST_PATH) {
            throw new UserException("the path " + path + " is too long for a machine's socket; use one of at most "
                    + LONGEST_PATH + " bytes");
        }
        try {
            Selector selector = Selector.open();
            ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            try {
                server.configureBlocking(false);
                server.bind(UnixDomainSocketAddress.of(path));
                Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
                VsockSockets sockets = new VsockSockets(path, wakeUp, selector, server);
                Thread.ofPlatform().daemon().name("belljar vsock").start(sockets::run);
                return sockets;
            } catch (IOException e) {
                server.close();
                selector.close();
                throw e;
            }
        } catch (BindException e) {
            throw new UserException(
                    "a machine's socket cannot be made at " + path
                            + ", since there is a file already; remove it if no machine uses it, or choose another "
                            + "path",
                    e);
        } catch (IOException e) {
            throw new HostException("a machine's socket cannot be made at " + path + ": " + e.getMessage(), e);
        }
    }

    private void run() {
        try {
            while (!closed) {
                selector.select(this::isReady);
                if (!ready.isEmpty()) {
                    wakeUp.run();
                }
            }
        } catch (IOException | ClosedSelectorException e) {
            // Closed meanwhile; nothing else ends it.
            closed = true;
        }
    }

    private void isReady(SelectionKey key) {
        try {
            int operations = key.readyOps();
            key.interestOpsAnd(~operations);
            ready.add(new Ready(key, operations));
        } catch (CancelledKeyException e) {
            // Its socket has just been closed.
        }
    }

    /** {@return a socket that is ready for something; null if there is none} */
    @Nullable Ready nextReady() {
        return ready.poll();
    }

    /** {@return whether a key is that of the socket at which others connect} */
    boolean isServer(SelectionKey key) {
        return key.equals(serverKey);
    }

    /** {@return a connection to the socket; null if there is none, and the next will be told of} */
    @Nullable SocketChannel accept() {
        try {
            SocketChannel channel = server.accept();
            if (channel != null) {
                channel.configureBlocking(false);
                return channel;
            }
        } catch (IOException e) {
            // Too many open files, or it has gone already: the next one is another matter.
        }
        watch(serverKey, SelectionKey.OP_ACCEPT);
        return null;
    }

    /** {@return a connection to whom waits for the guest at a port; null if nobody does} */
    @Nullable SocketChannel connect(int port) {
        UnixDomainSocketAddress to = UnixDomainSocketAddress.of(path + "_" + Integer.toUnsignedString(port));
        try {
            SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
            try {
                channel.configureBlocking(false);
                if (channel.connect(to)) {
                    return channel;
                }
                // Whom it would have to wait for has too many waiting already.
                channel.close();
            } catch (IOException e) {
                channel.close();
            }
        } catch (IOException e) {
            // Too many open files; the guest sees a port at which nobody waits.
        }
        return null;
    }

    /** Has a connection looked at, for nothing yet. */
    SelectionKey add(SelectableChannel channel, VsockConnection connection) throws IOException {
        return channel.register(selector, 0, connection);
    }

    /** Tells of it when a socket becomes ready for something. */
    void watch(SelectionKey key, int operations) {
        try {
            key.interestOpsOr(operations);
            selector.wakeup();
        } catch (CancelledKeyException e) {
            // It has been closed, and nobody waits for it.
        }
    }

    /** Lets go of sockets that were closed. */
    void letGo() {
        selector.wakeup();
    }

    @Override
    public void close() {
        closed = true;
        try {
            selector.close();
            server.close();
            Files.deleteIfExists(path);
        } catch (IOException e) {
            // Who comes next is told that the file is there.
            closed = true;
        }
    }
}
