package belljar.container;

import belljar.failure.UserException;
import belljar.linux.Capability;
import belljar.linux.Cgroup;
import belljar.linux.CgroupLimits;
import belljar.sandbox.ContainerSpec;
import belljar.sandbox.Namespaces;
import belljar.sandbox.Resources;
import java.util.ArrayList;
import java.util.List;

/** A container's resources as the kernel's cgroups take them. */
final class CgroupRequest {
    private CgroupRequest() {}

    static CgroupLimits of(Resources resources) {
        List<CgroupLimits.DeviceRule> rules = new ArrayList<>();
        for (Resources.DeviceRule rule : resources.deviceRules()) {
            rules.add(
                    new CgroupLimits.DeviceRule(rule.allow(), rule.type(), rule.major(), rule.minor(), rule.access()));
        }
        return new CgroupLimits(
                resources.cpuQuota(),
                resources.cpuPeriod(),
                resources.cpuShares(),
                resources.cpusetCpus(),
                resources.cpusetMems(),
                resources.memory(),
                resources.memorySwap(),
                resources.memoryReservation(),
                resources.pids(),
                resources.ioWeight(),
                rules);
    }

    /**
     * Refuses a container that could make any device node and open it, because nothing would hold its device rules.
     *
     * @throws UserException if that is so
     */
    static void checkDevices(Cgroup cgroup, Identity identity, ContainerSpec spec) {
        boolean rules = !spec.resources().deviceRules().isEmpty();
        boolean hostsUsers = spec.namespaces().user() instanceof Namespaces.Host;
        if (rules && hostsUsers && identity.bounding().contains(Capability.MKNOD) && !cgroup.holdsDevices()) {
            throw new UserException("this host offers no device cgroup, so a container with CAP_MKNOD could open any"
                    + " device; leave that capability out");
        }
    }
}
