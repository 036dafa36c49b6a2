package belljar.container;

import belljar.failure.UserException;
import belljar.linux.Capability;
import belljar.linux.CapabilitySet;
import belljar.linux.Rlimit;
import belljar.sandbox.ContainerSpec;
import belljar.sandbox.RlimitSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * What the container's process may do, from names to the kernel's numbers; made before anything else, so that a wrong
 * name costs nothing.
 *
 * @param bounding the bounding set
 * @param effective the effective set
 * @param permitted the permitted set
 * @param inheritable the inheritable set
 * @param ambient the ambient set
 * @param limits resource limits
 * @param groupsAllowed whether setgroups(2) is allowed, which it is not with a single mapped id
 */
record Identity(
        CapabilitySet bounding,
        CapabilitySet effective,
        CapabilitySet permitted,
        CapabilitySet inheritable,
        CapabilitySet ambient,
        List<Limit> limits,
        boolean groupsAllowed) {

    /** A resource limit by number; soft and hard as the kernel takes them, all ones for none. */
    record Limit(String name, int number, long soft, long hard) {}

    static Identity of(ContainerSpec spec, boolean groupsAllowed) {
        belljar.sandbox.Capabilities names = spec.process().capabilities();
        // What this process does not have it cannot give; with a new user namespace it has all of them there.
        CapabilitySet most = spec.idMaps().uids().isEmpty() ? CapabilitySet.bounding() : CapabilitySet.ofKernel();
        List<Limit> limits = new ArrayList<>();
        for (RlimitSpec limit : spec.process().rlimits()) {
            limits.add(new Limit(limit.type(), number(limit.type()), limit.soft(), limit.hard()));
        }
        return new Identity(
                set(names.bounding()).intersect(most),
                set(names.effective()).intersect(most),
                set(names.permitted()).intersect(most),
                set(names.inheritable()).intersect(most),
                set(names.ambient()).intersect(most),
                limits,
                groupsAllowed);
    }

    private static CapabilitySet set(Set<String> names) {
        long bits = 0;
        for (String name : names) {
            bits |= 1L << Capability.parse(name).number();
        }
        return CapabilitySet.ofBits(bits);
    }

    private static int number(String type) {
        for (Rlimit limit : Rlimit.values()) {
            if (limit.kernelName().equals(type)) {
                return limit.number();
            }
        }
        throw new UserException("unknown resource limit '" + type + "'; see setrlimit(2) for the names");
    }
}
