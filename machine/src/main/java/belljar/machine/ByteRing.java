package belljar.machine;

/** A queue of bytes of a limited size. Not safe for several threads. */
final class ByteRing {
    private final byte[] bytes;
    private int first;
    private int size;

    ByteRing(int capacity) {
        bytes = new byte[capacity];
    }

    int size() {
        return size;
    }

    boolean isEmpty() {
        return size == 0;
    }

    boolean isFull() {
        return size == bytes.length;
    }

    void add(byte value) {
        bytes[(first + size) % bytes.length] = value;
        size++;
    }

    byte remove() {
        byte value = bytes[first];
        first = (first + 1) % bytes.length;
        size--;
        return value;
    }

    void transfer(StateStream state) {
        size = state.number(size, 0, bytes.length);
        byte[] queued = new byte[size];
        for (int i = 0; i < size; i++) {
            queued[i] = bytes[(first + i) % bytes.length];
        }
        state.bytes(queued);
        if (state.isLoading()) {
            System.arraycopy(queued, 0, bytes, 0, size);
            first = 0;
        }
    }

    void clear() {
        size = 0;
    }
}
