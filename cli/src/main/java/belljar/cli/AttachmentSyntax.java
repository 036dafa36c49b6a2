package belljar.cli;

import belljar.engine.NetworkAttachment;
import belljar.failure.UserException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;

/** Reads the names of networks in {@code --network NAME[:OPTION=VALUE,...]} and the options that go with them. */
final class AttachmentSyntax {
    private AttachmentSyntax() {}

    /**
     * {@return the networks with names that are asked for}
     *
     * @param names the values of {@code --network} that are names
     * @param arguments the other options
     * @throws UserException if one is wrong
     */
    static List<NetworkAttachment> parse(List<String> names, Arguments arguments) {
        List<String> addresses = new ArrayList<>();
        for (String option : List.of("ip", "ip6")) {
            if (arguments.has(option)) {
                addresses.add(address("--" + option, arguments.value(option), option.equals("ip6")));
            }
        }
        String mac = arguments.has("mac-address") ? mac("--mac-address", arguments.value("mac-address")) : "";
        List<String> aliases = arguments.separated("network-alias");
        if (names.size() != 1 && (!addresses.isEmpty() || !mac.isEmpty())) {
            throw new UserException(
                    "--ip, --ip6 and --mac-address need one --network with a name; with several, write them as"
                            + " --network NAME:ip=ADDRESS,mac=ADDRESS");
        }
        if (names.isEmpty() && !aliases.isEmpty()) {
            throw new UserException("--network-alias needs a --network with a name; make one and name it");
        }
        List<NetworkAttachment> attachments = new ArrayList<>();
        for (String name : names) {
            attachments.add(one(name, aliases, addresses, mac));
        }
        return attachments;
    }

    /** {@return the network that {@code network connect} names, with its options} */
    static NetworkAttachment connect(Arguments arguments) {
        List<String> addresses = new ArrayList<>();
        for (String option : List.of("ip", "ip6")) {
            if (arguments.has(option)) {
                addresses.add(address("--" + option, arguments.value(option), option.equals("ip6")));
            }
        }
        String mac = arguments.has("mac-address") ? mac("--mac-address", arguments.value("mac-address")) : "";
        String network = arguments.operands().getFirst();
        return new NetworkAttachment(network, arguments.separated("alias"), addresses, mac, "");
    }

    private static NetworkAttachment one(String text, List<String> aliases, List<String> addresses, String mac) {
        int colon = text.indexOf(':');
        List<String> allAliases = new ArrayList<>(aliases);
        List<String> allAddresses = new ArrayList<>(addresses);
        String chosenMac = mac;
        String interfaceName = "";
        for (String option : colon < 0 ? List.<String>of() : Text.split(text.substring(colon + 1), ',')) {
            int equals = option.indexOf('=');
            String value = option.substring(equals + 1);
            switch (equals < 0 ? "" : option.substring(0, equals)) {
                case "alias" -> allAliases.add(value);
                case "ip" -> allAddresses.add(address("--network " + text, value, false));
                case "ip6" -> allAddresses.add(address("--network " + text, value, true));
                case "mac" -> chosenMac = mac("--network " + text, value);
                case "interface_name" -> interfaceName = value;
                default ->
                    throw new UserException("--network '" + text + "': the option '" + option
                            + "' is unknown; there are alias=, ip=, ip6=, mac= and interface_name=");
            }
        }
        return new NetworkAttachment(
                colon < 0 ? text : text.substring(0, colon), allAliases, allAddresses, chosenMac, interfaceName);
    }

    private static String address(String option, String text, boolean six) {
        try {
            boolean is6 = InetAddress.ofLiteral(text) instanceof java.net.Inet6Address;
            if (is6 == six && (six || Text.split(text, '.').size() == 4)) {
                return text;
            }
        } catch (IllegalArgumentException none) {
            throw new UserException(option + ": '" + text + "' is not an IPv" + (six ? 6 : 4) + " address", none);
        }
        throw new UserException(option + ": '" + text + "' is not an IPv" + (six ? 6 : 4) + " address");
    }

    private static String mac(String option, String text) {
        List<String> bytes = Text.split(text, ':');
        boolean good = bytes.size() == 6;
        for (String b : bytes) {
            good &= b.length() == 2 && Character.digit(b.charAt(0), 16) >= 0 && Character.digit(b.charAt(1), 16) >= 0;
        }
        // The lowest bit of the first byte marks an address of many (IEEE 802).
        if (!good || (Character.digit(text.charAt(1), 16) & 1) != 0) {
            throw new UserException(
                    option + ": '" + text + "' is not a hardware address of one interface, such as 92:d0:c6:0a:29:33");
        }
        return text;
    }
}
