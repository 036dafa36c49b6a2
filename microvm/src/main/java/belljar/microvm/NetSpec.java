package belljar.microvm;

import belljar.failure.UserException;
import belljar.virtio.NetDevice;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Locale;

/**
 * A network card of a machine.
 *
 * @param tap the host's tap interface that is its other end; one that is not there is made, and goes with the machine
 * @param mac its hardware address, six bytes in hexadecimal with colons between them; empty for one by chance
 */
public record NetSpec(String tap, String mac) {
    private static final HexFormat FORMAT = HexFormat.ofDelimiter(":");

    /** Checks the address, and throws a {@link UserException} if it is none. */
    public NetSpec {
        mac = mac.toLowerCase(Locale.ROOT);
        if (!mac.isEmpty() && !isAddress(mac)) {
            throw new UserException("'" + mac + "' is no hardware address of one card; give six bytes such as "
                    + "02:00:00:00:00:01, the first of them even");
        }
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
        return new NetSpec(tap, FORMAT.formatHex(bytes));
    }

    byte[] address() {
        return FORMAT.parseHex(mac);
    }
}
