package belljar.machine;

/** A set of interrupt vectors, 0 to 255, as the 256-bit registers of a local APIC are. Not safe for several threads. */
final class VectorSet {
    private final long[] bits = new long[4];

    void add(int vector) {
        bits[vector >> 6] |= 1L << vector;
    }

    void remove(int vector) {
        bits[vector >> 6] &= ~(1L << vector);
    }

    void set(int vector, boolean member) {
        if (member) {
            add(vector);
        } else {
            remove(vector);
        }
    }

    boolean contains(int vector) {
        return (bits[vector >> 6] >>> vector & 1) != 0;
    }

    /** The highest member; -1 if there is none. */
    int highest() {
        for (int i = 3; i >= 0; i--) {
            if (bits[i] != 0) {
                return i * 64 + 63 - Long.numberOfLeadingZeros(bits[i]);
            }
        }
        return -1;
    }

    /** One of the eight registers of 32 bits that show the set. */
    int word(int number) {
        return (int) (bits[number >> 1] >>> (number & 1) * 32);
    }

    void transfer(StateStream state) {
        state.numbers(bits);
    }

    void clear() {
        for (int i = 0; i < bits.length; i++) {
            bits[i] = 0;
        }
    }
}
