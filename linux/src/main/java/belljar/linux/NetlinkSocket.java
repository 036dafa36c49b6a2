package belljar.linux;

import belljar.failure.HostException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** A socket to a part of the kernel: sends requests and waits for their answers (netlink(7), rtnetlink(7)). */
final class NetlinkSocket implements AutoCloseable {
    /** The routing tables. */
    static final int ROUTE = 0;

    /** The packet filter. */
    static final int NETFILTER = 12;

    static final int AF_NETLINK = 16;
    static final int SOCK_RAW_CLOEXEC = 0x80003;
    private static final int SOL_NETLINK = 270;
    private static final int CAP_ACK = 10;
    private static final int EXT_ACK = 11;
    private static final int ERROR = 2;
    private static final int DONE = 3;
    private static final int FLAG_INTERRUPTED = 0x10;
    private static final int FLAG_CAPPED = 0x100;
    private static final int FLAG_TEXTS = 0x200;
    private static final int ERROR_TEXT = 1;
    private static final int BUFFER = 32 * 1024;
    private static final int RETRIES = 10;

    private final Caller caller;
    private final long fd;
    private int sequence;

    NetlinkSocket(Caller caller, int protocol) {
        this(caller, open(caller, protocol));
    }

    private NetlinkSocket(Caller caller, long fd) {
        this.caller = caller;
        this.fd = fd;
        try (Memory memory = caller.lend()) {
            long one = memory.allocate(8);
            memory.putInt(one, 1);
            // Older kernels lack these: then messages have no texts, and nothing else changes.
            caller.call(Nr.SETSOCKOPT, fd, SOL_NETLINK, CAP_ACK, one, 4);
            caller.call(Nr.SETSOCKOPT, fd, SOL_NETLINK, EXT_ACK, one, 4);
        }
    }

    private static long open(Caller caller, int protocol) {
        long fd = caller.call(Nr.SOCKET, AF_NETLINK, SOCK_RAW_CLOEXEC, protocol);
        return Errno.check("socket", "open a netlink socket", fd);
    }

    /** {@return a socket of this process that a stub opened where it is; what it reaches does not change} */
    static NetlinkSocket taken(Stub stub, int protocol) {
        long theirs = open(stub, protocol);
        long ours = stub.take((int) theirs).release();
        stub.call(Nr.CLOSE, theirs);
        return new NetlinkSocket(HostKernel.INSTANCE, ours);
    }

    /**
     * Sends several messages at once and waits for the end of the last, which alone asks for an acknowledgement, or for
     * the first failure.
     *
     * @param messages what to send, in order
     * @param names what each does, for messages of failures
     */
    void together(List<NetlinkMessage> messages, List<String> names) {
        int first = sequence + 1;
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (NetlinkMessage message : messages) {
            all.writeBytes(message.finish(++sequence));
        }
        byte[] request = all.toByteArray();
        int acknowledged = sequence - 1; // the last is the batch's end, which older kernels do not acknowledge
        try (Memory memory = caller.lend()) {
            long sent = caller.call(Nr.SENDTO, fd, memory.copy(request), request.length, 0, 0, 0);
            Errno.check("sendto", names.getFirst(), sent);
            memory.reset();
            long buffer = memory.allocateDirty(BUFFER);
            while (true) {
                ByteBuffer answer = receive(names.getFirst(), memory, buffer);
                for (int at = 0; at + NetlinkMessage.HEADER <= answer.limit(); ) {
                    int length = length(names.getFirst(), answer, at);
                    ByteBuffer one = answer.slice(at, length).order(ByteOrder.LITTLE_ENDIAN);
                    at += length + 3 & ~3;
                    int index = one.getInt(8) - first;
                    if (index < 0 || index >= messages.size() || one.getShort(4) != ERROR) {
                        continue;
                    }
                    end(names.get(index), one, ERROR);
                    if (index == acknowledged - first) {
                        return;
                    }
                }
            }
        }
    }

    private ByteBuffer receive(String what, Memory memory, long buffer) {
        while (true) {
            long received = caller.call(Nr.RECVFROM, fd, buffer, BUFFER, 0, 0, 0);
            if (received == -Errno.EINTR) {
                continue;
            }
            Errno.check("recvfrom", what, received);
            byte[] copy = new byte[(int) received];
            memory.bytes().get(memory.offset(buffer), copy);
            return ByteBuffer.wrap(copy).order(ByteOrder.LITTLE_ENDIAN);
        }
    }

    private static int length(String what, ByteBuffer all, int at) {
        int length = all.getInt(at);
        if (length < NetlinkMessage.HEADER || length > all.limit() - at) {
            throw new HostException(what + ": the kernel's answer is cut off", "recvfrom", 0);
        }
        return length;
    }

    /**
     * Asks for a change and waits until it is made.
     *
     * @param what what is being done and to what, for messages
     * @param message the request, with {@link NetlinkMessage#ACK}
     */
    void change(String what, NetlinkMessage message) {
        exchange(what, message, new ArrayList<>());
    }

    /**
     * Asks for all entries of a table.
     *
     * @param what what is being done, for messages
     * @param message the request, with {@link NetlinkMessage#DUMP}; made anew for each try
     * @return the messages of the answer, each from its header on
     */
    List<ByteBuffer> dump(String what, NetlinkMessage message) {
        for (int i = 0; i < RETRIES; i++) {
            List<ByteBuffer> answer = new ArrayList<>();
            if (exchange(what, message, answer)) {
                return answer;
            }
        }
        throw new HostException(what + ": the table changes faster than it can be read", "recvfrom", 0);
    }

    /** {@return false where the answer is not of one moment, because the table changed meanwhile} */
    private boolean exchange(String what, NetlinkMessage message, List<ByteBuffer> answer) {
        int own = ++sequence;
        try (Memory memory = caller.lend()) {
            byte[] request = message.finish(own);
            Errno.check("sendto", what, caller.call(Nr.SENDTO, fd, memory.copy(request), request.length, 0, 0, 0));
            long buffer = memory.allocateDirty(BUFFER);
            boolean whole = true;
            while (true) {
                ByteBuffer all = receive(what, memory, buffer);
                for (int at = 0; at + NetlinkMessage.HEADER <= all.limit(); ) {
                    int length = length(what, all, at);
                    ByteBuffer one = all.slice(at, length).order(ByteOrder.LITTLE_ENDIAN);
                    at += length + 3 & ~3;
                    // What an earlier request that failed half-way left behind has another number.
                    if (one.getInt(8) != own) {
                        continue;
                    }
                    whole &= (one.getShort(6) & FLAG_INTERRUPTED) == 0;
                    int type = one.getShort(4);
                    if (type == ERROR || type == DONE) {
                        end(what, one, type);
                        return whole;
                    }
                    answer.add(one);
                }
            }
        }
    }

    /** Throws where the last message of an answer is a failure, with the kernel's own words where it has some. */
    private static void end(String what, ByteBuffer message, int type) {
        int error = message.limit() >= 20 ? message.getInt(NetlinkMessage.HEADER) : 0;
        if (error >= 0) {
            return;
        }
        int flags = message.getShort(6);
        String text = "";
        if ((flags & FLAG_TEXTS) != 0) {
            int from = NetlinkMessage.HEADER + 4;
            if (type == ERROR) {
                from += (flags & FLAG_CAPPED) != 0 ? NetlinkMessage.HEADER : message.getInt(from) + 3 & ~3;
            }
            text = NetlinkMessage.text(message, NetlinkMessage.find(message, from, message.limit(), ERROR_TEXT));
        }
        throw new HostException(
                what + ": " + Errno.name(error) + " (" + (text.isEmpty() ? Errno.text(error) : text) + ")",
                "netlink",
                -error);
    }

    @Override
    public void close() {
        caller.call(Nr.CLOSE, fd);
    }
}
