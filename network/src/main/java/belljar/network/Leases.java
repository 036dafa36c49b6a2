package belljar.network;

import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.json.Json;
import belljar.json.JsonException;
import belljar.json.JsonObject;
import belljar.linux.IpAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who has which address in a network, in a file. A container keeps its address when it ends, and gets it again, until
 * it is removed or until all others are taken. Read and written under the lock of {@link Place}.
 */
final class Leases {
    static final String ENDING = ".leases";

    private final Place place;
    private final String network;
    private final List<Attachment> all;

    private Leases(Place place, String network, List<Attachment> all) {
        this.place = place;
        this.network = network;
        this.all = all;
    }

    static Leases read(Place place, String network) {
        return parse(place, network, place.read(network + ENDING));
    }

    /** {@return the leases; none where the file does not name a container, which is seen without parsing} */
    static Leases of(Place place, String network, String containerId) {
        String text = place.read(network + ENDING);
        return text.indexOf(containerId) < 0
                ? new Leases(place, network, new ArrayList<>())
                : parse(place, network, text);
    }

    private static Leases parse(Place place, String network, String text) {
        List<Attachment> all = new ArrayList<>();
        if (!text.isEmpty()) {
            try {
                JsonObject json = Json.parse(text).asObject();
                boolean now = json.text("boot", "").equals(boot());
                for (Json item : json.list("leases")) {
                    all.add(parse(network, item.asObject(), now));
                }
            } catch (JsonException e) {
                String file = place.directory().resolve(network + ENDING).toString();
                throw new HostException(
                        "the leases " + file + " are damaged (" + e.getMessage() + "); remove the file", e);
            }
        }
        return new Leases(place, network, all);
    }

    private static String boot() {
        return Place.readFile("/proc/sys/kernel/random/boot_id").trim();
    }

    private static Attachment parse(String network, JsonObject json, boolean now) throws JsonException {
        List<PortMapping> ports = new ArrayList<>();
        for (Json port : json.list("ports")) {
            ports.add(PortMapping.parse(port.asObject()));
        }
        return new Attachment(
                network,
                json.text("id"),
                json.texts("names"),
                address(json.text("ip", "")),
                address(json.text("ip6", "")),
                json.text("mac", ""),
                json.text("interface", ""),
                ports,
                now && json.bool("active", false));
    }

    private static Optional<IpAddress> address(String text) {
        return text.isEmpty() ? Optional.empty() : Optional.of(IpAddress.parse(text));
    }

    private static String text(Optional<IpAddress> address) {
        return address.isPresent() ? address.get().toString() : "";
    }

    void write() {
        List<Json> leases = new ArrayList<>();
        for (Attachment a : all) {
            List<Json> ports = new ArrayList<>();
            for (PortMapping port : a.ports()) {
                ports.add(port.toJson());
            }
            leases.add(JsonObject.builder()
                    .put("id", a.containerId())
                    .put("names", a.names())
                    .put("ip", text(a.ip()))
                    .put("ip6", text(a.ip6()))
                    .put("mac", a.mac())
                    .put("interface", a.interfaceName())
                    .put("ports", new Json.Arr(ports))
                    .put("active", a.active())
                    .build());
        }
        if (leases.isEmpty()) {
            place.remove(network + ENDING);
            return;
        }
        place.write(
                network + ENDING,
                JsonObject.builder()
                        .put("boot", boot())
                        .put("leases", new Json.Arr(leases))
                        .build()
                        .toString());
    }

    List<Attachment> all() {
        return all;
    }

    List<Attachment> active() {
        List<Attachment> active = new ArrayList<>();
        for (Attachment attachment : all) {
            if (attachment.active()) {
                active.add(attachment);
            }
        }
        return active;
    }

    @Nullable Attachment find(String containerId) {
        for (Attachment attachment : all) {
            if (attachment.containerId().equals(containerId)) {
                return attachment;
            }
        }
        return null;
    }

    void put(Attachment attachment) {
        drop(attachment.containerId());
        all.add(attachment);
    }

    void drop(String containerId) {
        for (int i = all.size() - 1; i >= 0; i--) {
            if (all.get(i).containerId().equals(containerId)) {
                all.remove(i);
            }
        }
    }

    /**
     * {@return an address of a subnet for a container} Idle containers lose theirs only when nothing else is left.
     *
     * @param subnet where
     * @param containerId who
     * @param wanted the address it must be
     */
    IpAddress allocate(Subnet subnet, String containerId, Optional<IpAddress> wanted) {
        boolean v6 = subnet.prefix().isV6();
        if (wanted.isPresent()) {
            return checkWanted(subnet, containerId, wanted.get());
        }
        Attachment old = find(containerId);
        if (old != null) {
            Optional<IpAddress> before = v6 ? old.ip6() : old.ip();
            if (before.isPresent() && subnet.prefix().contains(before.get())) {
                return before.get();
            }
        }
        Set<IpAddress> taken = new HashSet<>();
        for (Attachment attachment : all) {
            Optional<IpAddress> address = v6 ? attachment.ip6() : attachment.ip();
            if (address.isPresent()) {
                taken.add(address.get());
            }
        }
        taken.add(subnet.gateway());
        long last = subnet.prefix().indexOf(subnet.last());
        for (long i = subnet.prefix().indexOf(subnet.first()); i <= last; i++) {
            IpAddress address = subnet.prefix().at(i);
            if (!taken.contains(address)) {
                return address;
            }
        }
        return takeFromIdle(subnet);
    }

    private IpAddress checkWanted(Subnet subnet, String containerId, IpAddress wanted) {
        if (!subnet.prefix().contains(wanted) || wanted.equals(subnet.prefix().address())) {
            throw new UserException("the address " + wanted + " does not lie in the subnet " + subnet.prefix()
                    + " of the network '" + network + "'");
        }
        if (wanted.equals(subnet.gateway())) {
            throw new UserException("the address " + wanted + " is the gateway's of the network '" + network + "'");
        }
        for (Attachment other : new ArrayList<>(all)) {
            boolean same = wanted.equals(other.ip().orElse(null))
                    || wanted.equals(other.ip6().orElse(null));
            if (!same || other.containerId().equals(containerId)) {
                continue;
            }
            if (other.active()) {
                throw new UserException("the address " + wanted + " belongs to the container '"
                        + (other.names().isEmpty()
                                ? other.containerId()
                                : other.names().getFirst()) + "'");
            }
            drop(other.containerId());
        }
        return wanted;
    }

    private IpAddress takeFromIdle(Subnet subnet) {
        for (Attachment other : all) {
            Optional<IpAddress> address = subnet.prefix().isV6() ? other.ip6() : other.ip();
            if (!other.active() && address.isPresent() && inRange(subnet, address.get())) {
                drop(other.containerId());
                return address.get();
            }
        }
        throw new UserException("all addresses of the network '" + network + "' (" + subnet.first() + " to "
                + subnet.last() + ") are in use; end a container or make a larger network");
    }

    private static boolean inRange(Subnet subnet, IpAddress address) {
        long index = subnet.prefix().indexOf(address);
        return subnet.prefix().contains(address)
                && index >= subnet.prefix().indexOf(subnet.first())
                && index <= subnet.prefix().indexOf(subnet.last());
    }
}
