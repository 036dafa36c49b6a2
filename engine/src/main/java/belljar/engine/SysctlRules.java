package belljar.engine;

import belljar.failure.UserException;
import belljar.sandbox.Namespaces;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which kernel parameters a container may set: those of namespaces that it has for itself, because any other would
 * change the host.
 */
final class SysctlRules {
    /** The parameters of an IPC namespace, by the kernel's {@code ipc/ipc_sysctl.c}; {@code fs.mqueue.} besides. */
    private static final List<String> IPC = List.of(
            "kernel.msgmax",
            "kernel.msgmnb",
            "kernel.msgmni",
            "kernel.sem",
            "kernel.shmall",
            "kernel.shmmax",
            "kernel.shmmni",
            "kernel.shm_rmid_forced");

    private SysctlRules() {}

    /**
     * {@return the parameters to set}
     *
     * @param asked what is asked, by dotted name
     * @param namespaces the container's namespaces
     */
    static Map<String, String> of(Map<String, String> asked, Namespaces namespaces) {
        Map<String, String> sysctls = new HashMap<>();
        if (namespaces.network() instanceof Namespaces.Private) {
            // Lets the container's root group ping without CAP_NET_RAW, as Podman's default does.
            sysctls.put("net.ipv4.ping_group_range", "0 0");
        }
        for (Map.Entry<String, String> entry : asked.entrySet()) {
            check(entry.getKey(), namespaces);
            sysctls.put(entry.getKey(), entry.getValue());
        }
        return sysctls;
    }

    private static void check(String name, Namespaces namespaces) {
        if (name.indexOf('/') >= 0 || name.contains("..") || name.startsWith(".")) {
            throw new UserException("sysctl '" + name + "' is not a dotted name such as net.ipv4.ip_forward");
        }
        if (name.startsWith("net.")) {
            checkOwned(name, namespaces.network(), "network");
        } else if (name.startsWith("fs.mqueue.") || IPC.contains(name)) {
            checkOwned(name, namespaces.ipc(), "IPC");
        } else if (name.equals("kernel.domainname")) {
            checkOwned(name, namespaces.uts(), "UTS");
        } else if (name.equals("kernel.hostname")) {
            throw new UserException("sysctl kernel.hostname conflicts with the host name Belljar sets; use --hostname");
        } else {
            throw new UserException("sysctl '" + name
                    + "' is not of a container's own namespaces, so setting it would change the host; set it there");
        }
    }

    private static void checkOwned(String name, Namespaces.Origin origin, String namespace) {
        if (origin instanceof Namespaces.Host) {
            throw new UserException("sysctl '" + name + "' would change the host because the container shares its "
                    + namespace + " namespace; leave out one of the two");
        }
    }
}
