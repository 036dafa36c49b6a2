package belljar.engine;

import belljar.failure.UserException;
import belljar.linux.Capability;
import belljar.linux.CapabilitySet;
import belljar.sandbox.Capabilities;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Which capabilities a container's first process gets: Podman's default set and Podman's rules for changing it. */
final class CapabilityRules {
    /** As in containers.conf(5), {@code default_capabilities}. */
    private static final CapabilitySet DEFAULT = CapabilitySet.of(
            Capability.CHOWN,
            Capability.DAC_OVERRIDE,
            Capability.FOWNER,
            Capability.FSETID,
            Capability.KILL,
            Capability.NET_BIND_SERVICE,
            Capability.SETFCAP,
            Capability.SETGID,
            Capability.SETPCAP,
            Capability.SETUID,
            Capability.SYS_CHROOT);

    private CapabilityRules() {}

    /**
     * {@return the sets of the first process}
     *
     * @param security what is asked
     * @param uid the user it runs as: any but root gets only what was asked for by name
     * @param ownUserNamespace whether it has a user namespace of its own, in which every capability can be had
     */
    static Capabilities sets(SecurityRequest security, int uid, boolean ownUserNamespace) {
        CapabilitySet added = named(security.capAdd());
        CapabilitySet dropped = named(security.capDrop());
        checkNoContradiction(security, added, dropped);
        CapabilitySet wanted;
        if (security.privileged()) {
            wanted = grantable(ownUserNamespace).minus(dropped);
        } else if (hasAll(security.capAdd())) {
            wanted = grantable(ownUserNamespace).minus(dropped);
            added = added.intersect(wanted);
        } else {
            CapabilitySet base = hasAll(security.capDrop()) ? CapabilitySet.NONE : DEFAULT.minus(dropped);
            wanted = base.union(added);
        }
        Set<String> bounding = new HashSet<>(wanted.names());
        if (uid == 0) {
            return new Capabilities(bounding, bounding, bounding, Set.of(), Set.of());
        }
        // execve(2) strips a user other than root of all that is not ambient.
        Set<String> kept = new HashSet<>(added.names());
        return new Capabilities(bounding, kept, kept, kept, kept);
    }

    /** "All" can only mean what can be granted: the bounding set of this process, outside a user namespace. */
    private static CapabilitySet grantable(boolean ownUserNamespace) {
        CapabilitySet all = CapabilitySet.ofKernel();
        return ownUserNamespace ? all : all.intersect(CapabilitySet.bounding());
    }

    private static CapabilitySet named(List<String> names) {
        CapabilitySet set = CapabilitySet.NONE;
        for (String name : names) {
            set = set.union(CapabilitySet.parse(name));
        }
        return set;
    }

    private static boolean hasAll(List<String> names) {
        for (String name : names) {
            if (name.toUpperCase(Locale.ROOT).equals("ALL")) {
                return true;
            }
        }
        return false;
    }

    private static void checkNoContradiction(SecurityRequest security, CapabilitySet added, CapabilitySet dropped) {
        boolean addsAll = hasAll(security.capAdd());
        boolean dropsAll = hasAll(security.capDrop());
        if (addsAll && dropsAll) {
            throw new UserException("--cap-add ALL and --cap-drop ALL contradict each other; give only one of them");
        }
        CapabilitySet both = added.intersect(dropped);
        if (!addsAll && !dropsAll && !both.isEmpty()) {
            throw new UserException(
                    "capability " + both.names().get(0) + " is both added and dropped; give it only once");
        }
    }
}
