package belljar.image;

import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * A range of IP addresses; a single address is the range of its full length.
 *
 * @param base an address in the range
 * @param bits how many leading bits all its addresses share
 */
record IpRange(InetAddress base, int bits) {
    /**
     * {@return the range that a text names, or null where it names none}
     *
     * @param text an address, or one with {@code /BITS}
     */
    static @Nullable IpRange parse(String text) {
        int slash = text.indexOf('/');
        try {
            InetAddress base = InetAddress.ofLiteral(slash < 0 ? text : text.substring(0, slash));
            int length = base.getAddress().length * 8;
            int bits = slash < 0 ? length : Integer.parseInt(text.substring(slash + 1));
            return bits < 0 || bits > length ? null : new IpRange(base, bits);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    /** {@return whether this is an address of the host itself} */
    boolean loopback() {
        return base.isLoopbackAddress();
    }

    /**
     * {@return whether an address lies in this range}
     *
     * @param other the address
     */
    boolean contains(IpRange other) {
        byte[] mine = base.getAddress();
        byte[] its = other.base.getAddress();
        if (mine.length != its.length) {
            return false;
        }
        for (int bit = 0; bit < bits; bit++) {
            int mask = 0x80 >> bit % 8;
            if ((mine[bit / 8] & mask) != (its[bit / 8] & mask)) {
                return false;
            }
        }
        return true;
    }
}
