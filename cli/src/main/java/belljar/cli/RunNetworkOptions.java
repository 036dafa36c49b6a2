package belljar.cli;

import belljar.engine.NamespaceMode;
import belljar.engine.NetworkRequest;
import belljar.engine.NetworkRequest.HostEntry;
import belljar.engine.PortRequest;
import belljar.failure.UserException;
import belljar.linux.HostKernel;
import belljar.linux.Nr;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;

/** The options of {@code run} about the network and names. */
final class RunNetworkOptions {
    private RunNetworkOptions() {}

    static void declare(OptionTable table) {
        table.list(
                        "network",
                        "NETWORK",
                        "bridge, none (a loopback interface only), host, container:NAME, ns:PATH, pasta, or a network's name")
                .alias("net", "network")
                .value("hostname", 'h', "NAME", "the host name")
                .list("add-host", "NAME:ADDRESS", "add a line to /etc/hosts")
                .flag("no-hosts", "leave /etc/hosts as the image has it")
                .list("dns", "ADDRESS", "use a name server")
                .list("dns-search", "DOMAIN", "search a domain")
                .list("dns-option", "OPTION", "set an option of resolv.conf")
                .alias("dns-opt", "dns-option")
                .list("publish", 'p', "[[ADDRESS:]PORT:]PORT[/udp]", "have a port of the host lead to the container")
                .flag("publish-all", 'P', "publish every exposed port at a free port of the host")
                .list("expose", "PORT[/udp]", "name a port that the program serves")
                .list("network-alias", "NAME", "one more name of the container in its networks")
                .value("ip", "ADDRESS", "the IPv4 address in its network")
                .value("ip6", "ADDRESS", "the IPv6 address in its network")
                .value("mac-address", "ADDRESS", "the hardware address in its network");
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
        List<String> names = new ArrayList<>();
        NamespaceMode mode = mode(arguments.values("network"), names);
        List<PortRequest> ports = new ArrayList<>();
        for (String port : arguments.values("publish")) {
            ports.add(PortSyntax.parse(port));
        }
        return new NetworkRequest(
                mode,
                hostname,
                hosts(arguments),
                arguments.flag("no-hosts"),
                dns,
                words(arguments, "dns-search"),
                words(arguments, "dns-option"),
                AttachmentSyntax.parse(names, arguments),
                ports,
                arguments.flag("publish-all"),
                words(arguments, "expose"));
    }

    /** {@return where the network comes from; what are names of networks is added to a list} */
    private static NamespaceMode mode(List<String> texts, List<String> names) {
        NamespaceMode mode = NamespaceMode.DEFAULT;
        for (String text : texts) {
            String kind = text.indexOf(':') < 0 ? text : text.substring(0, text.indexOf(':'));
            switch (kind) {
                case "default" -> {}
                case "", "none", "host", "container", "ns", "private" ->
                    mode = RunNamespaceOptions.mode("network", text, true);
                case "pasta" -> mode = pasta(text);
                case "slirp4netns" ->
                    throw new UserException("--network slirp4netns is not supported; without root, use pasta");
                default -> names.addAll(isOneName(text) ? List.of(text) : Text.split(text, ','));
            }
        }
        if (texts.size() > 1 && names.size() < texts.size()) {
            throw new UserException("several --network options name networks; none, host, container: and ns: go alone");
        }
        return mode;
    }

    private static NamespaceMode pasta(String text) {
        if (!text.equals("pasta")) {
            throw new UserException("--network '" + text + "': options of pasta are not supported; leave them out");
        }
        if (HostKernel.INSTANCE.call(Nr.GETEUID) == 0) {
            throw new UserException(
                    "--network pasta is for users without root's rights; use bridge or a network's name");
        }
        return NamespaceMode.PRIVATE;
    }

    /** Podman also takes several names with commas between them, but not where they have options. */
    private static boolean isOneName(String text) {
        return text.indexOf(':') >= 0 || text.indexOf(',') < 0;
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
