package belljar.linux;

/**
 * The automaton that knows well-formed UTF-8, as in the Unicode Standard, table 3-7: for a state and a byte the next
 * state.
 */
final class Utf8Table {
    /** A character is complete, or none has begun. */
    static final int ACCEPT = 0;

    /** The byte cannot stand here. */
    static final int REJECT = 1;

    private static final int ONE_MORE = 2;
    private static final int TWO_MORE = 3;
    private static final int THREE_MORE = 4;
    private static final int AFTER_E0 = 5;
    private static final int AFTER_ED = 6;
    private static final int AFTER_F0 = 7;
    private static final int AFTER_F4 = 8;
    private static final int STATES = 9;

    private Utf8Table() {}

    /** {@return the table; the entry of a state and a byte is at {@code 256 * state + byte}} */
    static byte[] make() {
        byte[] table = new byte[STATES * 256];
        java.util.Arrays.fill(table, (byte) REJECT);
        set(table, ACCEPT, 0x00, 0x7F, ACCEPT);
        set(table, ACCEPT, 0xC2, 0xDF, ONE_MORE);
        set(table, ACCEPT, 0xE0, 0xEF, TWO_MORE);
        set(table, ACCEPT, 0xE0, 0xE0, AFTER_E0);
        set(table, ACCEPT, 0xED, 0xED, AFTER_ED);
        set(table, ACCEPT, 0xF0, 0xF0, AFTER_F0);
        set(table, ACCEPT, 0xF1, 0xF3, THREE_MORE);
        set(table, ACCEPT, 0xF4, 0xF4, AFTER_F4);
        set(table, ONE_MORE, 0x80, 0xBF, ACCEPT);
        set(table, TWO_MORE, 0x80, 0xBF, ONE_MORE);
        set(table, THREE_MORE, 0x80, 0xBF, TWO_MORE);
        set(table, AFTER_E0, 0xA0, 0xBF, ONE_MORE);
        set(table, AFTER_ED, 0x80, 0x9F, ONE_MORE);
        set(table, AFTER_F0, 0x90, 0xBF, TWO_MORE);
        set(table, AFTER_F4, 0x80, 0x8F, TWO_MORE);
        return table;
    }

    private static void set(byte[] table, int state, int first, int last, int next) {
        for (int b = first; b <= last; b++) {
            table[state * 256 + b] = (byte) next;
        }
    }
}
