package belljar.cli;

import belljar.engine.PortRequest;
import belljar.failure.UserException;
import java.net.InetAddress;

/** Reads {@code --publish}: {@code [[ADDRESS:][PORT[-PORT]]:]PORT[-PORT][/PROTOCOL]}. */
final class PortSyntax {
    private PortSyntax() {}

    /**
     * {@return ports of the host that lead to a container}
     *
     * @param text the option's value
     * @throws UserException if it is wrong
     */
    static PortRequest parse(String text) {
        int slash = text.lastIndexOf('/');
        String protocol = slash < 0 ? "tcp" : text.substring(slash + 1);
        if (!protocol.equals("tcp") && !protocol.equals("udp") && !protocol.equals("sctp")) {
            throw wrong(text, "'" + protocol + "' is none of tcp, udp and sctp");
        }
        String rest = slash < 0 ? text : text.substring(0, slash);
        int last = rest.lastIndexOf(':');
        int[] inside = range(text, rest.substring(last + 1));
        String before = last < 0 ? "" : rest.substring(0, last);
        // An IPv6 address stands in brackets, since it has colons itself.
        int colon = before.startsWith("[") ? before.indexOf("]:") + 1 : before.indexOf(':');
        if (before.startsWith("[") && colon <= 0) {
            throw wrong(text, "an IPv6 address stands in brackets with a colon behind it");
        }
        String address = colon <= 0 ? "" : before.substring(0, colon);
        String ports = colon < 0 ? before : before.substring(colon + 1);
        if (before.startsWith("[")) {
            address = address.substring(1, address.length() - 1);
        }
        if (!address.isEmpty()) {
            check(text, address);
        }
        int[] outside = ports.isEmpty() ? new int[] {0, inside[1]} : range(text, ports);
        if (outside[1] != inside[1]) {
            throw wrong(text, "the two ranges have different lengths");
        }
        return new PortRequest(address, outside[0], inside[0], inside[1], protocol);
    }

    private static void check(String text, String address) {
        try {
            InetAddress.ofLiteral(address);
        } catch (IllegalArgumentException e) {
            throw wrong(text, "'" + address + "' is not an address of the host");
        }
    }

    /** {@return the first port and how many} */
    private static int[] range(String text, String ports) {
        int dash = ports.indexOf('-');
        int first = port(text, dash < 0 ? ports : ports.substring(0, dash));
        int last = dash < 0 ? first : port(text, ports.substring(dash + 1));
        if (last < first) {
            throw wrong(text, "a range ends before it begins");
        }
        return new int[] {first, last - first + 1};
    }

    private static int port(String text, String digits) {
        int port = Text.isDigits(digits) && digits.length() <= 5 ? Integer.parseInt(digits) : 0;
        if (port < 1 || port > 65535) {
            throw wrong(text, "'" + digits + "' is not a port from 1 to 65535");
        }
        return port;
    }

    private static UserException wrong(String text, String why) {
        return new UserException(
                "--publish '" + text + "': " + why + "; write one such as 8080:80 or 127.0.0.1:53:53/udp");
    }
}
