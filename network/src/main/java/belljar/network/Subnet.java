package belljar.network;

import belljar.failure.UserException;
import belljar.linux.IpAddress;

/**
 * The addresses of one family that a network has.
 *
 * @param prefix all of them
 * @param gateway the host's own on the bridge
 * @param first the first that is given to containers by itself
 * @param last the last that is
 */
public record Subnet(IpPrefix prefix, IpAddress gateway, IpAddress first, IpAddress last) {
    /** Checks that all lies in the prefix. */
    public Subnet {
        int shortest = prefix.isV6() ? 126 : 30;
        if (prefix.length() > shortest || prefix.length() < 8) {
            throw new UserException("the subnet " + prefix + " is too " + (prefix.length() < 8 ? "large" : "small")
                    + " for a network; choose a length of 8 to " + shortest);
        }
        if (!prefix.contains(gateway) || gateway.equals(prefix.address()) || gateway.equals(broadcast(prefix))) {
            throw new UserException("the gateway " + gateway + " is not an address that a host can have in " + prefix);
        }
        if (!prefix.contains(first) || !prefix.contains(last) || prefix.indexOf(first) > prefix.indexOf(last)) {
            throw new UserException("the range " + first + " to " + last + " does not lie in the subnet " + prefix);
        }
    }

    private static IpAddress broadcast(IpPrefix prefix) {
        return prefix.at(prefix.isV6() ? 0 : prefix.size() - 1);
    }

    /**
     * {@return a subnet whose first address is the gateway's}
     *
     * @param prefix its addresses
     */
    public static Subnet of(IpPrefix prefix) {
        return of(prefix, "", "");
    }

    /**
     * {@return a subnet}
     *
     * @param prefix its addresses
     * @param gateway the host's own; empty for the first
     * @param range where addresses are taken from, as a subnet or as {@code FIRST-LAST}; empty for everywhere
     * @throws UserException if these do not fit together
     */
    public static Subnet of(IpPrefix prefix, String gateway, String range) {
        IpAddress host = gateway.isEmpty() ? prefix.at(1) : IpAddress.parse(gateway);
        long top = prefix.size() - 2;
        if (range.isEmpty()) {
            return new Subnet(prefix, host, prefix.at(1), prefix.at(Math.max(1, top)));
        }
        int dash = range.indexOf('-');
        if (dash > 0) {
            return new Subnet(
                    prefix,
                    host,
                    IpAddress.parse(range.substring(0, dash)),
                    IpAddress.parse(range.substring(dash + 1)));
        }
        IpPrefix part = IpPrefix.parse(range);
        if (!prefix.contains(part.address()) || part.length() < prefix.length()) {
            throw new UserException("the range " + range + " does not lie in the subnet " + prefix);
        }
        long from = prefix.indexOf(part.address());
        return new Subnet(prefix, host, prefix.at(Math.max(1, from)), prefix.at(Math.min(top, from + part.size() - 1)));
    }
}
