package belljar.network;

import belljar.failure.UserException;
import belljar.json.JsonException;
import belljar.json.JsonObject;
import belljar.linux.IpAddress;
import org.jspecify.annotations.Nullable;

/**
 * Ports of a container that the host answers for.
 *
 * @param hostAddress the host's address; empty for all
 * @param hostPort the first port of the host; 0 for one that is free
 * @param containerPort the first port of the container
 * @param count how many ports in a row, 1 or more
 * @param protocol {@code tcp}, {@code udp} or {@code sctp}
 */
public record PortMapping(String hostAddress, int hostPort, int containerPort, int count, String protocol) {
    /** Checks that all are ports. */
    public PortMapping {
        if (containerPort < 1 || count < 1 || containerPort + count > 65536) {
            throw new UserException("'" + containerPort + "' is not a port of a container; ports are 1 to 65535");
        }
        if (hostPort < 0 || hostPort > 0 && hostPort + count > 65536) {
            throw new UserException("'" + hostPort + "' is not a port of the host; ports are 1 to 65535");
        }
        if (number(protocol) < 0) {
            throw new UserException("the protocol '" + protocol + "' has no ports; use tcp, udp or sctp");
        }
    }

    /**
     * {@return a mapping in the syntax of {@code -p}: {@code [[HOSTADDRESS:][HOSTPORT[-LAST]]:]PORT[-LAST][/PROTOCOL]}}
     *
     * @param text the text
     * @throws UserException if it is not of that form
     */
    public static PortMapping parse(String text) {
        int slash = text.lastIndexOf('/');
        String protocol = slash < 0 ? "tcp" : text.substring(slash + 1).toLowerCase(java.util.Locale.ROOT);
        String rest = slash < 0 ? text : text.substring(0, slash);
        int last = rest.lastIndexOf(':');
        String inside = rest.substring(last + 1);
        String before = last < 0 ? "" : rest.substring(0, last);
        int bracket = before.lastIndexOf(']');
        int middle = before.lastIndexOf(':');
        String address = "";
        String outside = before;
        if (middle > bracket) {
            address = before.substring(0, middle);
            outside = before.substring(middle + 1);
        } else if (bracket >= 0) {
            address = before;
            outside = "";
        } else if (before.indexOf('.') >= 0) {
            address = before;
            outside = "";
        }
        if (address.startsWith("[") && address.endsWith("]")) {
            address = address.substring(1, address.length() - 1);
        }
        if (address.equals("0.0.0.0")) {
            address = "";
        }
        if (!address.isEmpty()) {
            address = IpAddress.parse(address).toString();
        }
        int[] to = range(text, inside);
        int[] from = outside.isEmpty() ? new int[] {0, to[1] - to[0]} : range(text, outside);
        if (!outside.isEmpty() && from[1] - from[0] != to[1] - to[0]) {
            throw new UserException("--publish '" + text + "': the two ranges of ports have different lengths");
        }
        return new PortMapping(address, from[0], to[0], to[1] - to[0] + 1, protocol);
    }

    private static int[] range(String whole, String text) {
        int dash = text.indexOf('-');
        int first = port(whole, dash < 0 ? text : text.substring(0, dash));
        int last = dash < 0 ? first : port(whole, text.substring(dash + 1));
        if (last < first) {
            throw new UserException("--publish '" + whole + "': the range " + text + " runs backwards");
        }
        return new int[] {first, last};
    }

    private static int port(String whole, String text) {
        int value = text.isEmpty() || text.length() > 5 ? -1 : 0;
        for (int i = 0; i < text.length() && value >= 0; i++) {
            int digit = text.charAt(i) - '0';
            value = digit < 0 || digit > 9 ? -1 : 10 * value + digit;
        }
        if (value < 1 || value > 65535) {
            throw new UserException("--publish '" + whole + "' is not of the form "
                    + "[[ADDRESS:]HOSTPORT:]PORT[/PROTOCOL] with ports from 1 to 65535");
        }
        return value;
    }

    /** {@return the number of a protocol that has ports; -1 for others} */
    static int number(String protocol) {
        return switch (protocol) {
            case "tcp" -> 6;
            case "udp" -> 17;
            case "sctp" -> 132;
            default -> -1;
        };
    }

    int protocolNumber() {
        return number(protocol);
    }

    /** {@return the host's address; null for all} */
    @Nullable IpAddress boundTo() {
        return hostAddress.isEmpty() ? null : IpAddress.parse(hostAddress);
    }

    PortMapping withHostPort(int port) {
        return new PortMapping(hostAddress, port, containerPort, count, protocol);
    }

    /** {@return whether both want a same port of the host's} */
    boolean collides(PortMapping other) {
        boolean address = hostAddress.isEmpty() || other.hostAddress.isEmpty() || hostAddress.equals(other.hostAddress);
        return address
                && hostPort > 0
                && protocol.equals(other.protocol)
                && hostPort < other.hostPort + other.count
                && other.hostPort < hostPort + count;
    }

    JsonObject toJson() {
        return JsonObject.builder()
                .put("host_ip", hostAddress)
                .put("container_port", containerPort)
                .put("host_port", hostPort)
                .put("range", count)
                .put("protocol", protocol)
                .build();
    }

    static PortMapping parse(JsonObject json) throws JsonException {
        return new PortMapping(
                json.text("host_ip", ""),
                (int) json.number("host_port", 0),
                (int) json.number("container_port", 0),
                (int) json.number("range", 1),
                json.text("protocol", "tcp"));
    }

    /** {@return the mapping as {@code ps} shows it, such as {@code 0.0.0.0:8080->80/tcp}} */
    @Override
    public String toString() {
        String host = hostAddress.isEmpty() ? "0.0.0.0" : hostAddress;
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + span(hostPort) + "->" + span(containerPort)
                + "/" + protocol;
    }

    private String span(int from) {
        return count == 1 ? Integer.toString(from) : from + "-" + (from + count - 1);
    }
}
