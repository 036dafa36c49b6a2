package belljar.linux;

import belljar.failure.HostException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A socket of the file system to which the small program that the launcher starts delivers command lines (unix(7),
 * SOCK_SEQPACKET; {@link Courier} has the protocol). Only its owner can connect. For one thread; what it delivers may
 * be handled by another.
 */
public final class CommandSocket implements AutoCloseable {
    private static final int AF_UNIX = 1;
    private static final int SEQPACKET = 5;
    private static final int CLOEXEC = 0x80000;
    private static final int NONBLOCK = 0x800;
    private static final int BACKLOG = 64;
    private static final int PATH_MAX = 107;
    private static final int SOL_SOCKET = 1;
    private static final int SO_PEERCRED = 17;
    private static final int SO_RCVTIMEO = 20;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final int MSG_CMSG_CLOEXEC = 0x40000000;

    /** MSG_TRUNC and MSG_CTRUNC. */
    private static final int TRUNCATED = 0x20 | 0x8;

    /** More than fits into a socket's buffer as Linux comes. */
    private static final int LARGEST = 512 * 1024;

    private static final HostKernel KERNEL = HostKernel.INSTANCE;

    private final String path;
    private final Fd fd;

    private CommandSocket(String path, Fd fd) {
        this.path = path;
        this.fd = fd;
    }

    /**
     * Listens. A file that is in the way is removed: the caller holds a lock that says that nobody listens there.
     *
     * @param path where; at most 107 bytes
     * @return the socket; its file goes when it is closed
     * @throws HostException if the kernel refuses, or the path is too long
     */
    public static CommandSocket listen(String path) {
        byte[] bytes = path.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > PATH_MAX) {
            throw new HostException("the path of a socket has at most 107 bytes, unlike " + path, "bind", 36);
        }
        Fd fd = new Fd((int) Errno.check(
                "socket", "make a socket", KERNEL.call(Nr.SOCKET, AF_UNIX, SEQPACKET | CLOEXEC | NONBLOCK, 0)));
        try (Memory memory = KERNEL.lend()) {
            long name = memory.string(path);
            KERNEL.call(Nr.UNLINKAT, At.FDCWD, name, 0);
            long address = memory.allocate(2 + PATH_MAX + 1);
            memory.bytes().putShort(memory.offset(address), (short) AF_UNIX);
            memory.bytes().put(memory.offset(address) + 2, bytes);
            Errno.check(
                    "bind", "make the socket " + path, KERNEL.call(Nr.BIND, fd.number(), address, 2 + PATH_MAX + 1));
            // Nobody can connect before listen(2).
            Errno.check("chmod", "protect the socket " + path, KERNEL.call(Nr.FCHMODAT, At.FDCWD, name, 0600));
            Errno.check("listen", "listen at " + path, KERNEL.call(Nr.LISTEN, fd.number(), BACKLOG));
            return new CommandSocket(path, fd);
        } catch (RuntimeException e) {
            fd.close();
            throw e;
        }
    }

    /** {@return the descriptor, which poll(2) says is readable when somebody connects} */
    public int fd() {
        return fd.number();
    }

    /** {@return the next connection; empty when there is none, or it is of another user} */
    public Optional<Connection> accept() {
        long accepted = KERNEL.call(Nr.ACCEPT4, fd.number(), 0, 0, CLOEXEC);
        if (accepted < 0) {
            return Optional.empty();
        }
        Fd connection = new Fd((int) accepted);
        try (Memory memory = KERNEL.lend()) {
            long credentials = memory.allocate(12);
            long size = memory.allocate(8);
            memory.putInt(size, 12);
            long got = KERNEL.call(Nr.GETSOCKOPT, accepted, SOL_SOCKET, SO_PEERCRED, credentials, size);
            if (got < 0 || memory.getInt(credentials + 4) != KERNEL.call(Nr.GETEUID)) {
                connection.close();
                return Optional.empty();
            }
            long patience = memory.allocate(16);
            memory.putLong(patience, 1);
            KERNEL.call(Nr.SETSOCKOPT, accepted, SOL_SOCKET, SO_RCVTIMEO, patience, 16);
            return Optional.of(new Connection(connection, memory.getInt(credentials)));
        }
    }

    @Override
    public void close() {
        try (Memory memory = KERNEL.lend()) {
            KERNEL.call(Nr.UNLINKAT, At.FDCWD, memory.string(path), 0);
        }
        fd.close();
    }

    /** Somebody's command line. For one thread at a time. */
    public static final class Connection implements AutoCloseable {
        private final Fd fd;
        private final int pid;
        private final List<Fd> streams = new ArrayList<>();

        Connection(Fd fd, int pid) {
            this.fd = fd;
            this.pid = pid;
        }

        /** {@return the descriptor, which poll(2) says is readable when the other end has gone} */
        public int fd() {
            return fd.number();
        }

        /** {@return the process id of who connected; another's if that one has ended} */
        public int pid() {
            return pid;
        }

        /** {@return the descriptors of standard input, output and error, in this order; owned by the connection} */
        public List<Fd> streams() {
            return List.copyOf(streams);
        }

        /**
         * {@return the words of the command line, as many as are said to be, and the environment behind them; each
         * character is one byte} Waits one second at most.
         *
         * @throws HostException if what comes is something else
         */
        public Message receive() {
            try (Memory memory = KERNEL.lend(LARGEST + 4096)) {
                long header = memory.allocate(56);
                long vector = memory.allocate(16);
                long control = memory.allocate(64);
                long buffer = memory.allocateDirty(LARGEST);
                memory.putLong(vector, buffer);
                memory.putLong(vector + 8, LARGEST);
                memory.putLong(header + 16, vector);
                memory.putLong(header + 24, 1);
                memory.putLong(header + 32, control);
                memory.putLong(header + 40, 64);
                long size = KERNEL.call(Nr.RECVMSG, fd.number(), header, MSG_CMSG_CLOEXEC);
                takeStreams(memory, control, memory.getLong(header + 40));
                if (size < 9 || streams.size() != 3 || (memory.getInt(header + 48) & TRUNCATED) != 0) {
                    throw new HostException(
                            "what was delivered is no command line", "recvmsg", (int) Math.max(0, -size));
                }
                byte[] text = new byte[(int) size - 8];
                memory.bytes().get(memory.offset(buffer) + 8, text);
                return Message.of(memory.getLong(buffer), text);
            }
        }

        private void takeStreams(Memory memory, long control, long length) {
            if (length < 16 || memory.getInt(control + 8) != SOL_SOCKET || memory.getInt(control + 12) != 1) {
                return;
            }
            long end = Math.min(length, memory.getLong(control));
            for (long at = control + 16; at + 4 <= control + end; at += 4) {
                streams.add(new Fd(memory.getInt(at)));
            }
        }

        /** Says that the command is being carried out. */
        public void accept() {
            send(Courier.ACCEPTED);
        }

        /** Says that the command is not carried out here. */
        public void decline() {
            send(0);
        }

        /**
         * Says that the command has ended.
         *
         * @param code its exit code
         */
        public void done(int code) {
            send(code);
        }

        private void send(long value) {
            try (Memory memory = KERNEL.lend()) {
                long word = memory.allocate(8);
                memory.putLong(word, value);
                KERNEL.call(Nr.SENDTO, fd.number(), word, 8, MSG_NOSIGNAL);
            }
        }

        @Override
        public void close() {
            for (Fd stream : streams) {
                stream.close();
            }
            fd.close();
        }
    }

    /**
     * A command line and its environment.
     *
     * @param words the command line; each character is one byte
     * @param environment the environment's entries, as {@code NAME=value}; each character is one byte
     */
    public record Message(List<String> words, List<String> environment) {
        public Message {
            words = List.copyOf(words);
            environment = List.copyOf(environment);
        }

        static Message of(long count, byte[] text) {
            List<String> strings = new ArrayList<>();
            int start = 0;
            for (int at = 0; at < text.length; at++) {
                if (text[at] == 0) {
                    strings.add(new String(text, start, at - start, StandardCharsets.ISO_8859_1));
                    start = at + 1;
                }
            }
            if (count < 1 || count > strings.size()) {
                throw new HostException("what was delivered is no command line", "recvmsg", 0);
            }
            return new Message(strings.subList(0, (int) count), strings.subList((int) count, strings.size()));
        }
    }
}
