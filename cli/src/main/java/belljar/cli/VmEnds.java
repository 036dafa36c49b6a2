package belljar.cli;

import belljar.failure.UserException;
import belljar.microvm.DiskSpec;
import belljar.microvm.NetSpec;
import belljar.microvm.VsockSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The options that say what on the host a machine's devices are connected to. */
final class VmEnds {
    private VmEnds() {}

    /** Adds the options. */
    static OptionTable add(OptionTable options) {
        return options.list(
                        "disk",
                        "FILE[:ro][,iops=N][,rate=SIZE]",
                        "a raw disk image, in the guest /dev/vda and so on; :ro for reading only; at most so many "
                                + "requests and bytes a second")
                .list(
                        "net",
                        "tap=NAME[,mac=MAC][,iops=N][,rate=SIZE]",
                        "a network card whose other end is a tap interface of the host; at most so many frames and "
                                + "bytes a second each way")
                .value(
                        "vsock",
                        "CID:PATH",
                        "sockets between guest and host: the guest's number and a Unix socket here");
    }

    static List<DiskSpec> disks(Arguments arguments) {
        List<DiskSpec> disks = new ArrayList<>();
        for (String text : arguments.values("disk")) {
            Map<String, String> parts = new LinkedHashMap<>();
            String file = split(text, "disk", List.of("iops", "rate"), parts);
            boolean readOnly = file.endsWith(":ro");
            String path = readOnly ? file.substring(0, file.length() - 3) : file;
            disks.add(new DiskSpec(Path.of(path), readOnly).limited(rate(parts), operations(parts)));
        }
        return disks;
    }

    /**
     * Splits off the parts of the form NAME=VALUE that stand behind commas, from the last one on; {@return what stands
     * before them} A path may have commas and equals signs too: what has no name that is known belongs to it.
     */
    private static String split(String text, String option, List<String> names, Map<String, String> parts) {
        int end = text.length();
        while (true) {
            int comma = text.lastIndexOf(',', end - 1);
            int equals = comma < 0 ? -1 : text.indexOf('=', comma);
            if (equals < 0 || equals >= end || !names.contains(text.substring(comma + 1, equals))) {
                return text.substring(0, end);
            }
            String name = text.substring(comma + 1, equals);
            if (parts.put(name, text.substring(equals + 1, end)) != null) {
                throw new UserException("--" + option + " '" + text + "' gives " + name + " twice; leave one away");
            }
            end = comma;
        }
    }

    private static long rate(Map<String, String> parts) {
        String bytes = parts.get("rate");
        return bytes == null ? 0 : Values.bytes("rate", bytes);
    }

    private static long operations(Map<String, String> parts) {
        String number = parts.get("iops");
        return number == null ? 0 : Values.number("iops", number, 1, Integer.MAX_VALUE);
    }

    static List<NetSpec> networks(Arguments arguments) {
        List<NetSpec> networks = new ArrayList<>();
        for (String text : arguments.values("net")) {
            Map<String, String> parts = new LinkedHashMap<>();
            String tap = split(text, "net", List.of("mac", "iops", "rate"), parts);
            // An interface's name has none of these (netdevice(7)).
            if (!tap.startsWith("tap=") || tap.length() == 4 || tap.contains(",") || tap.indexOf('=', 4) > 0) {
                throw new UserException(
                        "--net '" + text + "' is not of the form tap=NAME[,mac=MAC][,iops=N][,rate=SIZE]");
            }
            networks.add(new NetSpec(tap.substring(4), parts.getOrDefault("mac", ""))
                    .limited(rate(parts), operations(parts)));
        }
        return networks;
    }

    static Optional<VsockSpec> vsock(Arguments arguments) {
        if (!arguments.has("vsock")) {
            return Optional.empty();
        }
        String text = arguments.value("vsock");
        int colon = text.indexOf(':');
        if (colon < 0 || colon == text.length() - 1) {
            throw new UserException("--vsock '" + text + "' is not of the form CID:PATH, such as 3:/run/guest.sock");
        }
        long cid = Values.number("vsock", text.substring(0, colon), VsockSpec.LEAST_CID, 0xFFFF_FFFEL);
        return Optional.of(new VsockSpec(cid, Path.of(text.substring(colon + 1))));
    }
}
