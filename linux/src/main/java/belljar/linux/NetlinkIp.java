package belljar.linux;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The addresses of a network namespace's interfaces and the routes of its main table (rtnetlink(7)). Get it from
 * {@link Netlink#ip()}; what is said there of changes, errors and threads holds here too.
 */
public final class NetlinkIp {
    private static final int NEWADDR = 20;
    private static final int DELADDR = 21;
    private static final int GETADDR = 22;
    private static final int NEWROUTE = 24;
    private static final int DELROUTE = 25;
    private static final int GETROUTE = 26;

    private static final int ADDRESS_HEADER = NetlinkMessage.HEADER + 8;
    private static final int ADDRESS_ADDRESS = 1;
    private static final int ADDRESS_LOCAL = 2;
    private static final int ADDRESS_BROADCAST = 4;
    private static final int NODAD = 2;

    private static final int ROUTE_HEADER = NetlinkMessage.HEADER + 12;
    private static final int ROUTE_DESTINATION = 1;
    private static final int ROUTE_LINK = 4;
    private static final int ROUTE_GATEWAY = 5;
    private static final int ROUTE_TABLE = 15;
    private static final int MAIN_TABLE = 254;
    private static final int UNICAST = 1;
    private static final int PROTOCOL_STATIC = 4;
    private static final int SCOPE_LINK = 253;

    private static final int AF_INET = 2;
    private static final int AF_INET6 = 10;

    private final NetlinkSocket socket;

    NetlinkIp(NetlinkSocket socket) {
        this.socket = socket;
    }

    /**
     * An address of an interface.
     *
     * @param link the interface's index
     * @param address the address
     * @param prefix how many of its bits are the network's
     */
    public record Address(int link, IpAddress address, int prefix) {}

    /**
     * A route of the main table.
     *
     * @param destination the network; empty for the default route
     * @param prefix how many bits of it count
     * @param gateway where packets are sent; empty where the network is on the link itself
     * @param link the interface's index; 0 where there are several
     */
    public record Route(Optional<IpAddress> destination, int prefix, Optional<IpAddress> gateway, int link) {}

    private static NetlinkMessage message(int type, int flags) {
        return new NetlinkMessage(type, flags);
    }

    private static int family(IpAddress address) {
        return address.isV6() ? AF_INET6 : AF_INET;
    }

    /**
     * Gives an interface an address. An IPv6 address can be used at once: nobody asks the network for others that have
     * it, since addresses are handed out by a book.
     *
     * @param index the interface
     * @param address the address
     * @param prefix how many of its bits are the network's
     */
    public void addAddress(int index, IpAddress address, int prefix) {
        int flags = NetlinkMessage.ACK | NetlinkMessage.CREATE | NetlinkMessage.EXCLUSIVE;
        byte[] bytes = address.bytes();
        NetlinkMessage message = message(NEWADDR, flags)
                .address(family(address), prefix, address.isV6() ? NODAD : 0, index)
                .put(ADDRESS_LOCAL, bytes)
                .put(ADDRESS_ADDRESS, bytes);
        if (!address.isV6() && prefix < 31) {
            for (int bit = prefix; bit < 32; bit++) {
                bytes[bit / 8] |= (byte) (0x80 >> bit % 8);
            }
            message.put(ADDRESS_BROADCAST, bytes);
        }
        socket.change("give interface " + index + " the address " + address + "/" + prefix, message);
    }

    /**
     * Takes an address from an interface.
     *
     * @param index the interface
     * @param address the address
     * @param prefix how many of its bits are the network's
     */
    public void removeAddress(int index, IpAddress address, int prefix) {
        socket.change(
                "take the address " + address + "/" + prefix + " from interface " + index,
                message(DELADDR, NetlinkMessage.ACK)
                        .address(family(address), prefix, 0, index)
                        .put(ADDRESS_LOCAL, address.bytes()));
    }

    /** {@return all addresses of all interfaces, IPv4 and IPv6} */
    public List<Address> addresses() {
        List<Address> addresses = new ArrayList<>();
        NetlinkMessage request = message(GETADDR, NetlinkMessage.DUMP).address(0, 0, 0, 0);
        for (ByteBuffer m : socket.dump("list the addresses", request)) {
            int end = m.limit();
            // On a link to one peer ADDRESS is the peer's; IPv6 mostly has ADDRESS alone.
            int value = NetlinkMessage.find(m, ADDRESS_HEADER, end, ADDRESS_LOCAL);
            if (value < 0) {
                value = NetlinkMessage.find(m, ADDRESS_HEADER, end, ADDRESS_ADDRESS);
            }
            int family = m.get(NetlinkMessage.HEADER);
            if (value >= 0 && (family == AF_INET || family == AF_INET6)) {
                addresses.add(new Address(
                        m.getInt(NetlinkMessage.HEADER + 4),
                        IpAddress.of(NetlinkMessage.bytes(m, value)),
                        m.get(NetlinkMessage.HEADER + 1) & 0xff));
            }
        }
        return addresses;
    }

    /**
     * Adds a route for everything that no other route covers.
     *
     * @param gateway where packets are sent, an address within reach of the interface
     * @param index the interface
     */
    public void addDefaultRoute(IpAddress gateway, int index) {
        socket.change(
                "add the default route by " + gateway,
                newRoute(family(gateway), 0, 0)
                        .put(ROUTE_GATEWAY, gateway.bytes())
                        .put(ROUTE_LINK, index));
    }

    /**
     * Adds a route to a network.
     *
     * @param destination the network's first address
     * @param prefix how many of its bits are the network's
     * @param gateway where packets are sent, of the same family; empty where the network is on the link itself
     * @param index the interface
     */
    public void addRoute(IpAddress destination, int prefix, Optional<IpAddress> gateway, int index) {
        NetlinkMessage message = newRoute(family(destination), prefix, gateway.isPresent() ? 0 : SCOPE_LINK)
                .put(ROUTE_DESTINATION, destination.bytes())
                .put(ROUTE_LINK, index);
        if (gateway.isPresent()) {
            message.put(ROUTE_GATEWAY, gateway.get().bytes());
        }
        socket.change("add the route to " + destination + "/" + prefix, message);
    }

    private static NetlinkMessage newRoute(int family, int prefix, int scope) {
        int flags = NetlinkMessage.ACK | NetlinkMessage.CREATE | NetlinkMessage.EXCLUSIVE;
        return message(NEWROUTE, flags).route(family, prefix, PROTOCOL_STATIC, scope, UNICAST);
    }

    /**
     * Removes a route.
     *
     * @param route the route as {@link #routes} listed it
     * @param v6 whether it is one of IPv6, which a default route does not tell
     */
    public void removeRoute(Route route, boolean v6) {
        NetlinkMessage message = message(DELROUTE, NetlinkMessage.ACK)
                .route(v6 ? AF_INET6 : AF_INET, route.prefix(), 0, 255, 0)
                .put(ROUTE_LINK, route.link());
        if (route.destination().isPresent()) {
            message.put(ROUTE_DESTINATION, route.destination().get().bytes());
        }
        socket.change("remove the route " + route, message);
    }

    /** {@return the routes of the main table to single destinations, first IPv4's, then IPv6's} */
    public List<Route> routes() {
        List<Route> routes = new ArrayList<>();
        routes(AF_INET, routes);
        routes(AF_INET6, routes);
        return routes;
    }

    private void routes(int family, List<Route> routes) {
        NetlinkMessage request = message(GETROUTE, NetlinkMessage.DUMP).route(family, 0, 0, 0, 0);
        for (ByteBuffer m : socket.dump("list the routes", request)) {
            int end = m.limit();
            int table = NetlinkMessage.number(m, NetlinkMessage.find(m, ROUTE_HEADER, end, ROUTE_TABLE));
            boolean unicast = m.get(NetlinkMessage.HEADER + 7) == UNICAST;
            if (table == MAIN_TABLE && unicast && m.get(NetlinkMessage.HEADER) == family) {
                routes.add(new Route(
                        address(m, NetlinkMessage.find(m, ROUTE_HEADER, end, ROUTE_DESTINATION)),
                        m.get(NetlinkMessage.HEADER + 1) & 0xff,
                        address(m, NetlinkMessage.find(m, ROUTE_HEADER, end, ROUTE_GATEWAY)),
                        NetlinkMessage.number(m, NetlinkMessage.find(m, ROUTE_HEADER, end, ROUTE_LINK))));
            }
        }
    }

    private static Optional<IpAddress> address(ByteBuffer message, int value) {
        return value < 0 ? Optional.empty() : Optional.of(IpAddress.of(NetlinkMessage.bytes(message, value)));
    }
}
