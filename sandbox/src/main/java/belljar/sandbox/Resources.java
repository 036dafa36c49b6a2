package belljar.sandbox;

import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * Limits on what a container may use; an empty value sets no limit.
 *
 * @param cpuQuota microseconds of CPU time in each period; -1 for no limit
 * @param cpuPeriod the period in microseconds, 1000 to 1000000
 * @param cpuShares relative CPU weight, 2 to 262144, 1024 being one share
 * @param cpusetCpus CPUs the container may run on, such as {@code 0-1,3}; empty for all
 * @param cpusetMems NUMA nodes the container may allocate from; empty for all
 * @param memory bytes of memory
 * @param memorySwap bytes of memory and swap together; -1 for no limit
 * @param memoryReservation bytes that reclaim tries to leave to the container
 * @param pids how many tasks; -1 for no limit
 * @param ioWeight relative I/O weight, 10 to 1000
 * @param deviceRules what may be done with which devices, in order; the last rule that matches counts
 */
public record Resources(
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
        List<DeviceRule> deviceRules) {
    /** Copies the list. */
    public Resources {
        deviceRules = List.copyOf(deviceRules);
    }

    /** No limits, no device rules. */
    public static final Resources NONE = new Resources(
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

    /**
     * A rule of the device cgroup.
     *
     * @param allow whether the access is allowed or denied
     * @param type {@code c}, {@code b}, or {@code a} for both
     * @param major the major number; -1 for any
     * @param minor the minor number; -1 for any
     * @param access letters of {@code rwm}
     */
    public record DeviceRule(boolean allow, char type, int major, int minor, String access) {}
}
