package belljar.network;

import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.json.Json;
import belljar.json.JsonException;
import belljar.json.JsonWriter;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The networks that are defined, each in a file. Written under the lock of {@link Place}. */
final class Definitions {
    private static final String ENDING = ".json";
    private static final List<String> RESERVED =
            List.of("bridge", "host", "none", "container", "ns", "private", "default", "slirp4netns", "pasta", "pod");

    private final Place place;

    Definitions(Place place) {
        this.place = place;
    }

    /** {@return all networks by their names, the default one only after its first use} */
    List<Network> list() {
        List<Network> networks = new ArrayList<>();
        for (String name : place.names(ENDING)) {
            Network network = read(name);
            if (network != null) {
                networks.add(network);
            }
        }
        return networks;
    }

    private @Nullable Network read(String name) {
        String text = place.read(name + ENDING);
        if (text.isEmpty()) {
            return null;
        }
        try {
            return Network.parse(Json.parse(text).asObject());
        } catch (JsonException | UserException e) {
            throw new HostException(
                    "the definition " + place.directory().resolve(name + ENDING) + " is damaged (" + e.getMessage()
                            + "); remove it",
                    e);
        }
    }

    /** {@return a network by its name, its id or the beginning of its id; null where there is none} */
    @Nullable Network find(String nameOrId) {
        if (valid(nameOrId)) {
            Network network = read(nameOrId);
            if (network != null) {
                return network;
            }
        }
        Network found = null;
        for (Network network : list()) {
            if (nameOrId.length() >= 2 && network.id().startsWith(nameOrId)) {
                if (found != null) {
                    throw new UserException(
                            "the id '" + nameOrId + "' begins those of several networks; give more of it");
                }
                found = network;
            }
        }
        return found;
    }

    void write(Network network) {
        place.write(network.name() + ENDING, JsonWriter.writeIndented(network.toJson()) + "\n");
    }

    void remove(Network network) {
        place.remove(network.name() + ENDING);
        place.remove(network.name() + Leases.ENDING);
    }

    /** Makes a network and its file. */
    Network create(NetworkSpec spec, SubnetChoice choice) {
        String name = spec.name();
        if (name.isEmpty()) {
            name = newName();
        }
        if (!valid(name) || RESERVED.contains(name)) {
            throw new UserException(
                    "'" + name + "' cannot name a network: a name is of letters, digits, '_', '.' and '-',"
                            + " starts with a letter or digit, and is no word that --network already knows");
        }
        if (read(name) != null) {
            throw new UserException("there is a network '" + name + "' already; choose another name or remove it");
        }
        if (!spec.driver().isEmpty() && !spec.driver().equals(Network.DRIVER)) {
            throw new UserException("the network driver '" + spec.driver() + "' is not built; there is bridge");
        }
        String id = newId();
        Map<String, String> options = spec.options();
        Network network = new Network(
                name,
                id,
                bridge(options, id),
                choice.choose(spec),
                spec.subnets().isEmpty(),
                spec.internal(),
                spec.dns(),
                mtu(options),
                spec.labels(),
                options,
                System.currentTimeMillis());
        write(network);
        return network;
    }

    private String newName() {
        for (int i = 1; ; i++) {
            if (read("network" + i) == null) {
                return "network" + i;
            }
        }
    }

    private static String newId() {
        byte[] bytes = new byte[32];
        new SecureRandom().nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    private String bridge(Map<String, String> options, String id) {
        String wanted =
                options.getOrDefault("interface_name", options.getOrDefault("com.docker.network.bridge.name", ""));
        if (wanted.isEmpty()) {
            return "bj-" + id.substring(0, 10);
        }
        for (Network network : list()) {
            if (network.bridge().equals(wanted)) {
                throw new UserException(
                        "the interface '" + wanted + "' is the network '" + network.name() + "''s; choose another");
            }
        }
        if (wanted.length() > 15 || !valid(wanted)) {
            throw new UserException("'" + wanted + "' cannot name a bridge: 1 to 15 letters and digits can");
        }
        return wanted;
    }

    private static int mtu(Map<String, String> options) {
        for (Map.Entry<String, String> option : options.entrySet()) {
            switch (option.getKey()) {
                case "mtu",
                        "com.docker.network.driver.mtu",
                        "interface_name",
                        "com.docker.network.bridge.name",
                        "isolate" -> {}
                default ->
                    throw new UserException("a network has no option '" + option.getKey()
                            + "'; there are mtu, interface_name and isolate");
            }
        }
        String text = options.getOrDefault("mtu", options.getOrDefault("com.docker.network.driver.mtu", "0"));
        try {
            int mtu = Integer.parseInt(text);
            if (mtu == 0 || mtu >= 68 && mtu <= 65535) {
                return mtu;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new UserException("'" + text + "' is not an MTU; it is 68 to 65535 bytes");
    }

    /** A name becomes a file's, so it is checked before it is looked for, too. */
    static boolean valid(String name) {
        boolean valid = !name.isEmpty() && name.length() <= 200;
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            boolean word = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
            valid &= word || i > 0 && (c == '_' || c == '.' || c == '-');
        }
        return valid;
    }
}
