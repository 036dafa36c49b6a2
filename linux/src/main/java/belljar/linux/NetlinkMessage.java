package belljar.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * A netlink message in the making (netlink(7)): a header, a family's own structure, and attributes, some of which hold
 * attributes. The header's length and sequence number are set when it is sent.
 */
final class NetlinkMessage {
    static final int HEADER = 16;
    static final int REQUEST = 1;
    static final int ACK = 4;
    static final int DUMP = 0x300;
    static final int EXCLUSIVE = 0x200;
    static final int CREATE = 0x400;
    private static final int NESTED = 0x8000;

    private ByteBuffer bytes = ByteBuffer.allocate(512).order(ByteOrder.LITTLE_ENDIAN);
    private final int[] open = new int[8];
    private int depth;

    NetlinkMessage(int type, int flags) {
        bytes.putInt(0).putShort((short) type).putShort((short) (flags | REQUEST));
        bytes.putInt(0).putInt(0);
    }

    /** Appends a {@code struct ifinfomsg}. */
    NetlinkMessage link(int index, int flags, int change) {
        bytes.putInt(0).putInt(index).putInt(flags).putInt(change);
        return this;
    }

    /** Appends a {@code struct ifaddrmsg}. */
    NetlinkMessage address(int family, int prefix, int flags, int index) {
        bytes.put((byte) family).put((byte) prefix).put((byte) flags).put((byte) 0);
        bytes.putInt(index);
        return this;
    }

    /** Appends a {@code struct rtmsg} of the main table. */
    NetlinkMessage route(int family, int prefix, int protocol, int scope, int type) {
        bytes.put((byte) family).put((byte) prefix).put((byte) 0).put((byte) 0);
        bytes.put((byte) 254).put((byte) protocol).put((byte) scope).put((byte) type);
        bytes.putInt(0);
        return this;
    }

    /** Appends a {@code struct nfgenmsg}, whose last number is in network order. */
    NetlinkMessage netfilter(int family, int resource) {
        bytes.put((byte) family).put((byte) 0).put((byte) (resource >> 8)).put((byte) resource);
        return this;
    }

    private void room(int size) {
        if (bytes.remaining() < size + 8) {
            int capacity = Math.max(2 * bytes.capacity(), bytes.position() + size + 8);
            bytes = ByteBuffer.allocate(capacity).order(ByteOrder.LITTLE_ENDIAN).put(bytes.flip());
        }
    }

    /** {@return how many bytes it has so far} */
    int length() {
        return bytes.position();
    }

    NetlinkMessage put(int type, byte[] value) {
        room(value.length + 4);
        bytes.putShort((short) (4 + value.length)).putShort((short) type).put(value);
        return align();
    }

    NetlinkMessage put(int type, int value) {
        room(8);
        bytes.putShort((short) 8).putShort((short) type).putInt(value);
        return this;
    }

    /** Appends a number in network order, as netfilter's attributes have it. */
    NetlinkMessage putBig(int type, int value) {
        return put(type, Integer.reverseBytes(value));
    }

    NetlinkMessage put(int type, String value) {
        return put(type, (value + "\0").getBytes(StandardCharsets.UTF_8));
    }

    NetlinkMessage begin(int type) {
        room(4);
        open[depth++] = bytes.position();
        bytes.putShort((short) 0).putShort((short) (type | NESTED));
        return this;
    }

    NetlinkMessage end() {
        int start = open[--depth];
        bytes.putShort(start, (short) (bytes.position() - start));
        return this;
    }

    private NetlinkMessage align() {
        while (bytes.position() % 4 != 0) {
            bytes.put((byte) 0);
        }
        return this;
    }

    /** Asks for an acknowledgement. */
    void acknowledge() {
        bytes.putShort(6, (short) (bytes.getShort(6) | ACK));
    }

    byte[] finish(int sequence) {
        bytes.putInt(0, bytes.position());
        bytes.putInt(8, sequence);
        byte[] message = new byte[bytes.position()];
        bytes.get(0, message);
        return message;
    }

    /**
     * {@return where an attribute's value starts in a received message; -1 where it has none such}
     *
     * @param message the message or its part, positioned at nothing
     * @param from where its attributes start
     * @param to where they end
     * @param type which attribute
     */
    static int find(ByteBuffer message, int from, int to, int type) {
        int at = from;
        while (at + 4 <= to) {
            int length = message.getShort(at) & 0xffff;
            if (length < 4 || at + length > to) {
                return -1;
            }
            if ((message.getShort(at + 2) & 0x3fff) == type) {
                return at + 4;
            }
            at += length + 3 & ~3;
        }
        return -1;
    }

    /** {@return the length of a value that {@link #find} found} */
    static int length(ByteBuffer message, int value) {
        return (message.getShort(value - 4) & 0xffff) - 4;
    }

    /** {@return a value as bytes; empty for none} */
    static byte[] bytes(ByteBuffer message, int value) {
        byte[] bytes = new byte[value < 0 ? 0 : length(message, value)];
        if (bytes.length > 0) {
            message.get(value, bytes);
        }
        return bytes;
    }

    /** {@return a value as text up to its NUL; empty for none} */
    static String text(ByteBuffer message, int value) {
        byte[] bytes = bytes(message, value);
        int end = 0;
        while (end < bytes.length && bytes[end] != 0) {
            end++;
        }
        return new String(bytes, 0, end, StandardCharsets.UTF_8);
    }

    /** {@return a value as a number of 32 bits; 0 for none} */
    static int number(ByteBuffer message, int value) {
        return value < 0 || length(message, value) < 4 ? 0 : message.getInt(value);
    }
}
