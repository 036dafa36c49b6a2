package belljar.engine;

import belljar.failure.UserException;
import java.util.Arrays;

/**
 * The keys that end an attachment and leave the container running. Watches what is typed, across reads: bytes that may
 * be the keys' beginning are held back until they turn out to be or not. For one thread.
 */
public final class DetachKeys {
    /** The keys when none are chosen, as Podman and Docker have them. */
    public static final String DEFAULT = "ctrl-p,ctrl-q";

    private final byte[] keys;
    private int held;
    private byte[] out = new byte[256];
    private int length;

    private DetachKeys(byte[] keys) {
        this.keys = keys;
    }

    /**
     * {@return keys by their names}
     *
     * @param text single characters and {@code ctrl-X}, where X is a letter or one of {@code @ [ \ ] ^ _}, with commas
     *     between them; empty for no keys at all
     * @throws UserException if it is something else
     */
    public static DetachKeys parse(String text) {
        if (text.isEmpty()) {
            return new DetachKeys(new byte[0]);
        }
        byte[] keys = new byte[text.length()];
        int count = 0;
        int at = 0;
        while (at <= text.length()) {
            int comma = text.indexOf(',', at);
            int end = comma < 0 ? text.length() : comma;
            keys[count++] = key(text, text.substring(at, end));
            at = end + 1;
        }
        return new DetachKeys(Arrays.copyOf(keys, count));
    }

    private static byte key(String all, String name) {
        if (name.length() == 1 && name.charAt(0) < 0x80) {
            return (byte) name.charAt(0);
        }
        char last = name.length() == 6 && name.startsWith("ctrl-") ? Character.toLowerCase(name.charAt(5)) : 0;
        if (last >= 'a' && last <= 'z') {
            return (byte) (last - 'a' + 1);
        }
        int other = last == 0 ? -1 : "@[\\]^_".indexOf(last);
        if (other < 0) {
            throw new UserException("--detach-keys '" + all + "' is not understood at '" + name
                    + "'; write characters or ctrl- and a letter with commas between them, such as " + DEFAULT);
        }
        return (byte) (other == 0 ? 0 : 26 + other);
    }

    /**
     * Takes what was typed.
     *
     * @param typed holds it
     * @param count how many bytes
     * @return whether the keys were all pressed; what stood behind them is dropped. What is to be passed on is in
     *     {@link #passed()}
     */
    boolean take(byte[] typed, int count) {
        length = 0;
        for (int i = 0; i < count; i++) {
            byte key = typed[i];
            while (held > 0 && keys[held] != key) {
                shift();
            }
            if (keys.length > 0 && keys[held] == key) {
                held++;
                if (held == keys.length) {
                    held = 0;
                    return true;
                }
            } else {
                pass(key);
            }
        }
        return false;
    }

    /** Passes the oldest held bytes on, up to where the rest may be the keys' beginning again. */
    private void shift() {
        int kept = held - 1;
        while (kept > 0 && !Arrays.equals(keys, held - kept, held, keys, 0, kept)) {
            kept--;
        }
        for (int i = 0; i < held - kept; i++) {
            pass(keys[i]);
        }
        held = kept;
    }

    private void pass(byte key) {
        if (length == out.length) {
            out = Arrays.copyOf(out, out.length * 2);
        }
        out[length++] = key;
    }

    /** Gives up waiting for more keys: what is held back is passed on after the input's end. */
    void end() {
        length = 0;
        for (int i = 0; i < held; i++) {
            pass(keys[i]);
        }
        held = 0;
    }

    /** {@return what {@link #take} or {@link #end} let through; a copy} */
    byte[] passed() {
        return Arrays.copyOf(out, length);
    }
}
