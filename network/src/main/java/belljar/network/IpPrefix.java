package belljar.network;

import belljar.failure.UserException;
import belljar.linux.IpAddress;

/**
 * A network by its addresses, such as {@code 10.89.0.0/24}. Immutable.
 *
 * @param address the first address; all bits behind the length are 0
 * @param length how many bits all addresses have in common
 */
public record IpPrefix(IpAddress address, int length) {
    /** Checks the length and clears the bits behind it. */
    public IpPrefix {
        byte[] bytes = address.bytes();
        if (length < 0 || length > 8 * bytes.length) {
            throw new UserException(
                    "'" + address + "/" + length + "' is not a subnet: the length must be 0 to " + 8 * bytes.length);
        }
        for (int bit = length; bit < 8 * bytes.length; bit++) {
            bytes[bit / 8] &= (byte) ~(0x80 >> bit % 8);
        }
        address = IpAddress.of(bytes);
    }

    /**
     * {@return a subnet by its text}
     *
     * @param text such as {@code 10.89.0.0/24} or {@code fd00:1::/64}
     * @throws UserException if it is none
     */
    public static IpPrefix parse(String text) {
        int slash = text.indexOf('/');
        int length = -1;
        if (slash > 0 && text.length() - slash <= 4) {
            length = 0;
            for (int i = slash + 1; i < text.length() && length >= 0; i++) {
                int digit = text.charAt(i) - '0';
                length = digit < 0 || digit > 9 ? -1 : 10 * length + digit;
            }
        }
        if (length < 0 || slash == text.length() - 1) {
            throw new UserException("'" + text + "' is not a subnet, such as 10.89.0.0/24 or fd00:1::/64");
        }
        return new IpPrefix(IpAddress.parse(text.substring(0, slash)), length);
    }

    /** {@return whether it is one of IPv6} */
    public boolean isV6() {
        return address.isV6();
    }

    /**
     * {@return whether an address lies in it}
     *
     * @param other the address
     */
    public boolean contains(IpAddress other) {
        return other.isV6() == isV6() && new IpPrefix(other, length).address.equals(address);
    }

    /**
     * {@return whether it has an address in common with another}
     *
     * @param other the other
     */
    public boolean overlaps(IpPrefix other) {
        return length < other.length ? contains(other.address) : other.contains(address);
    }

    /** {@return how many bits of an address tell apart who is in this network, at most 62 of them counted} */
    private int hostBits() {
        return Math.min(62, 8 * address.bytes().length - length);
    }

    /** {@return how many addresses it has, at most 2 to the power of 62} */
    public long size() {
        return 1L << hostBits();
    }

    /**
     * {@return an address of it}
     *
     * @param index which, from 0 to {@link #size()} less one
     */
    public IpAddress at(long index) {
        byte[] bytes = address.bytes();
        for (int i = 0; i < 8 && i < bytes.length; i++) {
            bytes[bytes.length - 1 - i] |= (byte) (index >>> 8 * i);
        }
        return IpAddress.of(bytes);
    }

    /**
     * {@return at which index an address of it is}
     *
     * @param member the address
     */
    public long indexOf(IpAddress member) {
        byte[] bytes = member.bytes();
        long value = 0;
        for (int i = Math.max(0, bytes.length - 8); i < bytes.length; i++) {
            value = value << 8 | bytes[i] & 0xff;
        }
        return value & size() - 1;
    }

    @Override
    public String toString() {
        return address + "/" + length;
    }
}
