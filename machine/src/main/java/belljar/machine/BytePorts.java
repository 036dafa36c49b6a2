package belljar.machine;

/** A device on an 8-bit bus: wider accesses are made of several, from the lowest address up. */
interface BytePorts extends Device {
    /** Reads the register at an offset: 0 to 255. */
    int in(int offset);

    /** Writes the register at an offset. */
    void out(int offset, int value);

    @Override
    default long read(long offset, int size) {
        long value = 0;
        for (int i = 0; i < size; i++) {
            value |= (in((int) offset + i) & 0xFFL) << 8 * i;
        }
        return value;
    }

    @Override
    default void write(long offset, int size, long value) {
        for (int i = 0; i < size; i++) {
            out((int) offset + i, (int) (value >>> 8 * i) & 0xFF);
        }
    }
}
