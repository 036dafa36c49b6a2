package belljar.cli;

import belljar.engine.NamespaceMode;
import belljar.engine.NetworkRequest;
import belljar.engine.NetworkRequest.HostEntry;
import belljar.failure.UserException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;

/** The options of {@code run} about the network and names. */
final class RunNetworkOptions {
    private RunNetworkOptions() {}

    static void declare(OptionTable table) {
        table.value("network", "MODE", "none (a loopback interface only; the default), host, container:NAME or ns:PATH")
                .alias("net", "network")
                .value("hostname", 'h', "NAME", "the host name")
                .list("add-host", "NAME:ADDRESS", "add a line to /etc/hosts")
                .flag("no-hosts", "leave /etc/hosts as the image has it")
                .list("dns", "ADDRESS", "use a name server")
                .list("dns-search", "DOMAIN", "search a domain")
                .list("dns-option", "OPTION", "set an option of resolv.conf")
                .alias("dns-opt", "dns-option")
                .refused("publish", 'p', "needs a bridge network, which is not built yet; use --network host")
                .refused("publish-all", 'P', "needs a bridge network, which is not built yet; use --network host")
                .refused("network-alias", (char) 0, "needs a bridge network, which is not built yet; leave it out")
                .refused("ip", (char) 0, "needs a bridge network, which is not built yet; leave it out")
                .refused("mac-address", (char) 0, "needs a bridge network, which is not built yet; leave it out");
    }

    static NetworkRequest parse(Arguments arguments) {
        List<String> dns = arguments.separated("dns");
        for (String address : dns) {
            checkAddress("dns", address, address);
        }
        String hostname = arguments.value("hostname");
        if (arguments.has("hostname") && hostname.isEmpty()) {
            throw new UserException("--hostname is empty; give a name or leave it out");
        }
        return new NetworkRequest(
                mode(arguments.value("network")),
                hostname,
                hosts(arguments),
                arguments.flag("no-hosts"),
                dns,
                words(arguments, "dns-search"),
                words(arguments, "dns-option"));
    }

    private static NamespaceMode mode(String text) {
        String kind = text.indexOf(':') < 0 ? text : text.substring(0, text.indexOf(':'));
        return switch (kind) {
            case "bridge", "default", "private", "slirp4netns", "pasta" ->
                throw new UserException("--network " + kind + " is not built yet; use none or host");
            case "", "none", "host", "container", "ns" -> RunNamespaceOptions.mode("network", text, true);
            default ->
                throw new UserException("--network '" + text
                        + "': networks with names are not built yet; use none, host, container:NAME or ns:/PATH");
        };
    }

    private static List<HostEntry> hosts(Arguments arguments) {
        List<HostEntry> entries = new ArrayList<>();
        for (String text : arguments.values("add-host")) {
            int colon = text.indexOf(':');
            String name = colon < 0 ? "" : text.substring(0, colon);
            if (name.isEmpty() || !isWord(name)) {
                throw new UserException("--add-host '" + text + "' is not of the form NAME:ADDRESS");
            }
            String address = text.substring(colon + 1);
            if (address.startsWith("[") && address.endsWith("]")) {
                address = address.substring(1, address.length() - 1);
            }
            checkAddress("add-host", text, address);
            entries.add(new HostEntry(name, address));
        }
        return entries;
    }

    private static void checkAddress(String option, String whole, String address) {
        // The JDK also takes the short forms of inet_aton(3), which resolvers read differently.
        boolean good = address.indexOf(':') >= 0 || Text.split(address, '.').size() == 4;
        try {
            InetAddress.ofLiteral(address);
        } catch (IllegalArgumentException e) {
            good = false;
        }
        if (!good) {
            throw new UserException(
                    "--" + option + " '" + whole + "': '" + address + "' is not an IPv4 or IPv6 address");
        }
    }

    private static List<String> words(Arguments arguments, String option) {
        List<String> words = arguments.separated(option);
        for (String word : words) {
            if (word.isEmpty() || !isWord(word)) {
                throw new UserException("--" + option + " '" + word + "' is not one word without white space");
            }
        }
        return words;
    }

    private static boolean isWord(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) <= ' ' || text.charAt(i) == 0x7f || Character.isWhitespace(text.charAt(i))) {
                return false;
            }
        }
        return true;
    }
}
