package belljar.microvm;

import belljar.failure.UserException;
import belljar.virtio.NetDevice;
import belljar.virtio.RateLimit;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Locale;

/**
 * A network card of a machine.
 *
 * @param tap the host's tap interface that is its other end; one that is not there is made, and goes with the machine
 * @param mac its hardware address, six bytes in hexadecimal with colons between them; empty for one by chance
 * @param limit how much it receives at most, and as much again how much it sends
 */
public record NetSpec(String tap, String mac, RateLimit limit) {
    private static final HexFormat FORMAT = HexFormat.ofDelimiter(":");

    /** Checks the address, and throws a {@link UserException} if it is none. */
    public NetSpec {
        mac = mac.toLowerCase(Locale.ROOT);
        if (!mac.isEmpty() && !isAddress(mac)) {
            throw new UserException("'" + mac + "' is no hardware address of one card; give six bytes such as "
                    + "02:00:00:00:00:01, the first of them even");
        }
    }

    /**
     * A card without a limit.
     *
     * @param tap the host's interface
     * @param mac its hardware address; empty for one by chance
     */
    public NetSpec(String tap, String mac) {
        this(tap, mac, RateLimit.NONE);
    }

    /**
     * {@return the same with a limit for each way}
     *
     * @param bytes bytes a second, 1 or more; 0 for no limit
     * @param frames frames a second, 1 or more; 0 for no limit
     */
    public NetSpec limited(long bytes, long frames) {
        return new NetSpec(tap, mac, new RateLimit(bytes, frames));
    }

    private static boolean isAddress(String text) {
        try {
            byte[] bytes = FORMAT.parseHex(text);
            return bytes.length == NetDevice.MAC_SIZE && (bytes[0] & 1) == 0;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** {@return this with an address} One by chance is of those that nobody administers, and hence nobody else has. */
    NetSpec addressed() {
        if (!mac.isEmpty()) {
            return this;
        }
        byte[] bytes = new byte[NetDevice.MAC_SIZE];
        new SecureRandom().nextBytes(bytes);
        bytes[0] = (byte) (bytes[0] & ~1 | 2);
        return new NetSpec(tap, FORMAT.formatHex(bytes), limit);
    }

    byte[] address() {
        return FORMAT.parseHex(mac);
    }
}
