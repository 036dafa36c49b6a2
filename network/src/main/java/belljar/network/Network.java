package belljar.network;

import belljar.json.Json;
import belljar.json.JsonException;
import belljar.json.JsonObject;
import belljar.linux.IpAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A network as it was defined. Immutable.
 *
 * @param name its name, unique on its root
 * @param id 64 hexadecimal digits
 * @param bridge the name of its interface on the host
 * @param subnets its addresses: one of IPv4, one of IPv6, or both
 * @param chosen whether the subnets were chosen by Belljar, which then may choose others when the host needs them
 * @param internal whether it has no way out
 * @param dns whether containers find each other by name
 * @param mtu the largest packet in bytes; 0 for the kernel's choice
 * @param labels the user's labels
 * @param options the user's options
 * @param created when, milliseconds since the epoch
 */
public record Network(
        String name,
        String id,
        String bridge,
        List<Subnet> subnets,
        boolean chosen,
        boolean internal,
        boolean dns,
        int mtu,
        Map<String, String> labels,
        Map<String, String> options,
        long created) {
    /** The network that containers are on unless they ask for another. */
    public static final String DEFAULT = "belljar";

    /** The one kind of network there is. */
    public static final String DRIVER = "bridge";

    /** Copies the collections. */
    public Network {
        subnets = List.copyOf(subnets);
        labels = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(labels));
        options = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(options));
    }

    /** {@return the addresses of IPv4, if it has some} */
    public Optional<Subnet> ipv4() {
        return family(false);
    }

    /** {@return the addresses of IPv6, if it has some} */
    public Optional<Subnet> ipv6() {
        return family(true);
    }

    private Optional<Subnet> family(boolean v6) {
        for (Subnet subnet : subnets) {
            if (subnet.prefix().isV6() == v6) {
                return Optional.of(subnet);
            }
        }
        return Optional.empty();
    }

    /** {@return this network with other addresses} */
    Network with(List<Subnet> others) {
        return new Network(name, id, bridge, others, chosen, internal, dns, mtu, labels, options, created);
    }

    /** {@return the definition as its file has it, and {@code network inspect} shows it} */
    public JsonObject toJson() {
        List<Json> list = new ArrayList<>();
        for (Subnet subnet : subnets) {
            list.add(JsonObject.builder()
                    .put("subnet", subnet.prefix().toString())
                    .put("gateway", subnet.gateway().toString())
                    .put(
                            "lease_range",
                            JsonObject.builder()
                                    .put("start_ip", subnet.first().toString())
                                    .put("end_ip", subnet.last().toString())
                                    .build())
                    .build());
        }
        return JsonObject.builder()
                .put("name", name)
                .put("id", id)
                .put("driver", DRIVER)
                .put("network_interface", bridge)
                .put("created", created)
                .put("subnets", new Json.Arr(list))
                .put("subnets_chosen", chosen)
                .put("ipv6_enabled", ipv6().isPresent())
                .put("internal", internal)
                .put("dns_enabled", dns)
                .put("mtu", mtu)
                .put("labels", object(labels))
                .put("options", object(options))
                .build();
    }

    static Network parse(JsonObject json) throws JsonException {
        List<Subnet> subnets = new ArrayList<>();
        for (Json item : json.list("subnets")) {
            JsonObject subnet = item.asObject();
            JsonObject range = subnet.object("lease_range");
            subnets.add(new Subnet(
                    IpPrefix.parse(subnet.text("subnet")),
                    IpAddress.parse(subnet.text("gateway")),
                    IpAddress.parse(range.text("start_ip")),
                    IpAddress.parse(range.text("end_ip"))));
        }
        return new Network(
                json.text("name"),
                json.text("id"),
                json.text("network_interface"),
                subnets,
                json.bool("subnets_chosen", false),
                json.bool("internal", false),
                json.bool("dns_enabled", false),
                (int) json.number("mtu", 0),
                texts(json.object("labels")),
                texts(json.object("options")),
                json.number("created", 0));
    }

    private static JsonObject object(Map<String, String> texts) {
        JsonObject.Builder object = JsonObject.builder();
        for (Map.Entry<String, String> entry : texts.entrySet()) {
            object.put(entry.getKey(), entry.getValue());
        }
        return object.build();
    }

    private static Map<String, String> texts(JsonObject object) throws JsonException {
        Map<String, String> texts = new LinkedHashMap<>();
        for (Map.Entry<String, Json> member : object.members().entrySet()) {
            texts.put(member.getKey(), member.getValue().asText());
        }
        return texts;
    }
}
