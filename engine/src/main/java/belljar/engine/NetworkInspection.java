package belljar.engine;

import belljar.json.Json;
import belljar.json.JsonObject;
import belljar.network.Network;
import belljar.network.Networks;
import belljar.network.Subnet;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Describes where a container is found, in JSON under Podman's names: {@code NetworkSettings} of its inspection. */
final class NetworkInspection {
    private NetworkInspection() {}

    /**
     * {@return the networks, addresses and ports of a container; those of one network also where Docker has them}
     *
     * @param record the container
     * @param networks what is known of the networks
     */
    static JsonObject of(ContainerRecord record, Networks networks) {
        JsonObject.Builder described = JsonObject.builder();
        JsonObject first = JsonObject.builder().build();
        for (Endpoint endpoint : record.networks()) {
            JsonObject one = describe(endpoint, networks);
            if (first.members().isEmpty()) {
                first = one;
            }
            described.put(endpoint.network(), one);
        }
        JsonObject.Builder json = JsonObject.builder();
        for (String name : List.of(
                "Gateway",
                "IPAddress",
                "IPPrefixLen",
                "IPv6Gateway",
                "GlobalIPv6Address",
                "GlobalIPv6PrefixLen",
                "MacAddress")) {
            Json value = first.members().get(name);
            if (value != null) {
                json.put(name, value);
            } else if (name.endsWith("Len")) {
                json.put(name, 0);
            } else {
                json.put(name, "");
            }
        }
        return json.put("Ports", ports(record))
                .put("Networks", described.build())
                .build();
    }

    private static JsonObject describe(Endpoint endpoint, Networks networks) {
        Optional<Subnet> v4 = Optional.empty();
        Optional<Subnet> v6 = Optional.empty();
        // The network of a container that ended long ago may be gone.
        if (!endpoint.addresses().isEmpty() && networks.exists(endpoint.network())) {
            Network network = networks.find(endpoint.network());
            v4 = network.ipv4();
            v6 = network.ipv6();
        }
        return JsonObject.builder()
                .put("NetworkID", endpoint.network())
                .put("Gateway", gateway(v4))
                .put("IPAddress", address(endpoint, false))
                .put("IPPrefixLen", v4.isPresent() ? v4.get().prefix().length() : 0)
                .put("IPv6Gateway", gateway(v6))
                .put("GlobalIPv6Address", address(endpoint, true))
                .put("GlobalIPv6PrefixLen", v6.isPresent() ? v6.get().prefix().length() : 0)
                .put("MacAddress", endpoint.macAddress())
                .put("Aliases", endpoint.aliases())
                .build();
    }

    private static String gateway(Optional<Subnet> subnet) {
        return subnet.isPresent() ? subnet.get().gateway().toString() : "";
    }

    private static String address(Endpoint endpoint, boolean v6) {
        for (String address : endpoint.addresses()) {
            if (address.indexOf(':') >= 0 == v6) {
                int slash = address.indexOf('/');
                return slash < 0 ? address : address.substring(0, slash);
            }
        }
        return "";
    }

    /** {@return the published ports by the container's, each with where it is on the host} */
    static JsonObject ports(ContainerRecord record) {
        Map<String, List<Json>> ports = new TreeMap<>();
        for (PortRequest port : record.ports()) {
            for (int i = 0; i < port.count(); i++) {
                ports.computeIfAbsent(port.containerPort() + i + "/" + port.protocol(), _ -> new ArrayList<>())
                        .add(JsonObject.builder()
                                .put("HostIp", port.hostAddress())
                                .put("HostPort", Integer.toString(port.hostPort() + i))
                                .build());
            }
        }
        JsonObject.Builder json = JsonObject.builder();
        for (Map.Entry<String, List<Json>> port : ports.entrySet()) {
            json.put(port.getKey(), new Json.Arr(port.getValue()));
        }
        return json.build();
    }
}
