package belljar.virtio;

/** The header of a packet of a socket device (virtio 1.2, section 5.10.6), to be filled and used again. */
final class VsockHeader {
    /** Bytes of a header. */
    static final int SIZE = 44;

    static final int STREAM = 1;

    static final int REQUEST = 1;
    static final int RESPONSE = 2;
    static final int RESET = 3;
    static final int SHUTDOWN = 4;
    static final int DATA = 5;
    static final int CREDIT_UPDATE = 6;
    static final int CREDIT_REQUEST = 7;

    /** With {@link #SHUTDOWN}: the sender receives nothing more. */
    static final int NO_RECEIVE = 1;

    /** With {@link #SHUTDOWN}: the sender sends nothing more. */
    static final int NO_SEND = 1 << 1;

    long source;
    long destination;
    int sourcePort;
    int destinationPort;
    int length;
    int type;
    int operation;
    int flags;

    /** How many bytes the sender has room for in all, unsigned. */
    int room;

    /** How many bytes the sender has passed on so far, modulo 2^32. */
    int passed;

    private final byte[] bytes = new byte[SIZE];

    /** Reads the header of a packet, which has one. */
    void read(Chain chain) {
        chain.read(0, bytes, 0, SIZE);
        source = number(0, 8);
        destination = number(8, 8);
        sourcePort = (int) number(16, 4);
        destinationPort = (int) number(20, 4);
        length = (int) number(24, 4);
        type = (int) number(28, 2);
        operation = (int) number(30, 2);
        flags = (int) number(32, 4);
        room = (int) number(36, 4);
        passed = (int) number(40, 4);
    }

    /** Writes a header to the beginning of a packet that has room for it. */
    void write(Chain chain) {
        put(0, 8, source);
        put(8, 8, destination);
        put(16, 4, sourcePort);
        put(20, 4, destinationPort);
        put(24, 4, length);
        put(28, 2, type);
        put(30, 2, operation);
        put(32, 4, flags);
        put(36, 4, room);
        put(40, 4, passed);
        chain.write(0, bytes, 0, SIZE);
    }

    private long number(int at, int size) {
        long value = 0;
        for (int i = size - 1; i >= 0; i--) {
            value = value << 8 | bytes[at + i] & 0xFF;
        }
        return value;
    }

    private void put(int at, int size, long value) {
        for (int i = 0; i < size; i++) {
            bytes[at + i] = (byte) (value >>> 8 * i);
        }
    }
}
