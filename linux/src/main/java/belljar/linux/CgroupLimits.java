package belljar.linux;

import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * Limits for the processes of a cgroup; an empty value sets none. The units are those of cgroup v1, in which container
 * engines speak; on v2 they are converted.
 *
 * @param cpuQuota microseconds of CPU time in each period; -1 for no limit
 * @param cpuPeriod the period in microseconds, 1000 to 1000000; 100000 where empty
 * @param cpuShares relative CPU weight, 2 to 262144, where 1024 is the default
 * @param cpusetCpus CPUs to run on, such as {@code 0-1,3}; empty for all
 * @param cpusetMems NUMA nodes to allocate from; empty for all
 * @param memory bytes of memory; -1 for no limit
 * @param memorySwap bytes of memory and swap together; -1 for no limit; needs {@code memory}
 * @param memoryReservation bytes that reclaim tries to leave
 * @param pids how many tasks; -1 for no limit
 * @param ioWeight relative I/O weight, 10 to 1000
 * @param devices what may be done with which devices, in order; the last rule that matches counts, and what no rule
 *     matches is allowed
 */
public record CgroupLimits(
        OptionalLong cpuQuota,
        OptionalLong cpuPeriod,
        OptionalLong cpuShares,
        String cpusetCpus,
        String cpusetMems,
        OptionalLong memory,
        OptionalLong memorySwap,
        OptionalLong memoryReservation,
        OptionalLong pids,
        OptionalInt ioWeight,
        List<DeviceRule> devices) {
    /** No limits. */
    public static final CgroupLimits NONE = new CgroupLimits(
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            "",
            "",
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalInt.empty(),
            List.of());

    /** Copies the list. */
    public CgroupLimits {
        devices = List.copyOf(devices);
    }

    /**
     * A rule of the device controller.
     *
     * @param allow whether the access is allowed or denied
     * @param type {@code c}, {@code b}, or {@code a} for both
     * @param major the major number; -1 for any
     * @param minor the minor number; -1 for any
     * @param access letters of {@code rwm}: read, write, mknod
     */
    public record DeviceRule(boolean allow, char type, int major, int minor, String access) {
        /** {@return the rule in the form of v1's {@code devices.allow}} */
        String text() {
            if (type == 'a' && major < 0 && minor < 0) {
                return "a *:* " + access;
            }
            return type + " " + (major < 0 ? "*" : Integer.toString(major)) + ":"
                    + (minor < 0 ? "*" : Integer.toString(minor)) + " " + access;
        }
    }
}
