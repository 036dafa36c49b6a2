package belljar.network;

import belljar.linux.IpAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What the running containers of one network are called. Immutable. */
final class DnsNames {
    private final List<IpPrefix> prefixes = new ArrayList<>();
    private final Map<String, List<IpAddress>> addresses = new HashMap<>();
    private final Map<IpAddress, String> names = new HashMap<>();

    DnsNames(Network network, List<Attachment> attachments) {
        for (Subnet subnet : network.subnets()) {
            prefixes.add(subnet.prefix());
        }
        for (Attachment attachment : attachments) {
            if (!attachment.active()) {
                continue;
            }
            List<IpAddress> own = new ArrayList<>();
            if (attachment.ip().isPresent()) {
                own.add(attachment.ip().get());
            }
            if (attachment.ip6().isPresent()) {
                own.add(attachment.ip6().get());
            }
            for (String name : attachment.names()) {
                // Several containers may have the same alias; then each of them is an answer.
                addresses
                        .computeIfAbsent(name.toLowerCase(Locale.ROOT), key -> new ArrayList<>())
                        .addAll(own);
            }
            for (IpAddress address : own) {
                if (!attachment.names().isEmpty()) {
                    names.put(address, attachment.names().getFirst());
                }
            }
        }
    }

    boolean has(String name) {
        return addresses.containsKey(name);
    }

    List<IpAddress> addresses(String name) {
        return addresses.getOrDefault(name, List.of());
    }

    Optional<String> name(IpAddress address) {
        return Optional.ofNullable(names.get(address));
    }

    /** {@return whether an address is one of this network's} */
    boolean covers(IpAddress address) {
        for (IpPrefix prefix : prefixes) {
            if (prefix.contains(address)) {
                return true;
            }
        }
        return false;
    }
}
