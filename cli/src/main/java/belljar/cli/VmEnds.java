package belljar.cli;

import belljar.failure.UserException;
import belljar.microvm.DiskSpec;
import belljar.microvm.NetSpec;
import belljar.microvm.VsockSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The options that say what on the host a machine's devices are connected to. */
final class VmEnds {
    private VmEnds() {}

    /** Adds the options. */
    static OptionTable add(OptionTable options) {
        return options.list(
                        "disk", "FILE[:ro]", "a raw disk image, in the guest /dev/vda and so on; :ro for reading only")
                .list("net", "tap=NAME[,mac=MAC]", "a network card whose other end is a tap interface of the host")
                .value(
                        "vsock",
                        "CID:PATH",
                        "sockets between guest and host: the guest's number and a Unix socket here");
    }

    static List<DiskSpec> disks(Arguments arguments) {
        List<DiskSpec> disks = new ArrayList<>();
        for (String text : arguments.values("disk")) {
            boolean readOnly = text.endsWith(":ro");
            disks.add(new DiskSpec(Path.of(readOnly ? text.substring(0, text.length() - 3) : text), readOnly));
        }
        return disks;
    }

    static List<NetSpec> networks(Arguments arguments) {
        List<NetSpec> networks = new ArrayList<>();
        for (String text : arguments.values("net")) {
            String tap = "";
            String mac = "";
            for (String part : text.split(",", -1)) {
                if (part.startsWith("tap=")) {
                    tap = part.substring(4);
                } else if (part.startsWith("mac=") && part.length() > 4) {
                    mac = part.substring(4);
                } else {
                    tap = "";
                    break;
                }
            }
            if (tap.isEmpty()) {
                throw new UserException("--net '" + text + "' is not of the form tap=NAME or tap=NAME,mac=MAC");
            }
            networks.add(new NetSpec(tap, mac));
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
