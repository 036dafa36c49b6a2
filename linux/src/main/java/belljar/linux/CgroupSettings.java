package belljar.linux;

import belljar.failure.UserException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/** Limits as the files of cgroup v1 or v2 that express them, in the order in which they must be written. */
final class CgroupSettings {
    /**
     * One file to write.
     *
     * @param controller which controller's file it is
     * @param file its name
     * @param fallback another file that does the same where the first is missing; empty for none
     * @param value what to write
     * @param fallbackValue what to write to the other file
     * @param option the command line's name of the limit, for messages
     */
    record Setting(
            String controller, String file, String fallback, String value, String fallbackValue, String option) {}

    /** The file of v1 that limits memory and swap together; never below that of memory alone. */
    static final String MEMORY_AND_SWAP = "memory.memsw.limit_in_bytes";

    private final List<Setting> settings = new ArrayList<>();

    private CgroupSettings() {}

    private void put(String controller, String file, String value, String option) {
        settings.add(new Setting(controller, file, "", value, "", option));
    }

    /** Checks what does not depend on the host. */
    private static void check(CgroupLimits limits) {
        range("--cpu-period", limits.cpuPeriod(), 1000, 1_000_000, "microseconds");
        range("--cpu-shares", limits.cpuShares(), 2, 262_144, "");
        if (limits.ioWeight().isPresent()) {
            range("--blkio-weight", OptionalLong.of(limits.ioWeight().getAsInt()), 10, 1000, "");
        }
        long quota = limits.cpuQuota().orElse(-1);
        if (quota != -1 && quota < 1000) {
            throw new UserException("--cpu-quota " + quota
                    + " is less than the kernel's smallest, 1000 microseconds in each period (--cpus 0.01)");
        }
        long swap = limits.memorySwap().orElse(-1);
        if (swap != -1 && (limits.memory().isEmpty() || swap < limits.memory().getAsLong())) {
            throw new UserException("--memory-swap " + swap
                    + " counts memory and swap together, so it needs --memory, and must not be less than it");
        }
    }

    private static void range(String option, OptionalLong value, long least, long most, String unit) {
        if (value.isPresent() && (value.getAsLong() < least || value.getAsLong() > most)) {
            throw new UserException(option + " " + value.getAsLong() + " is out of range: from " + least + " to " + most
                    + (unit.isEmpty() ? "" : " " + unit));
        }
    }

    /**
     * {@return the files of v1, without the device rules}
     *
     * @param limits what to express
     * @throws UserException if a value is wrong on every host
     */
    static List<Setting> v1(CgroupLimits limits) {
        check(limits);
        CgroupSettings s = new CgroupSettings();
        s.number("cpu", "cpu.shares", limits.cpuShares(), "--cpu-shares");
        s.number("cpu", "cpu.cfs_period_us", limits.cpuPeriod(), "--cpu-period");
        s.number("cpu", "cpu.cfs_quota_us", limits.cpuQuota(), "--cpus");
        s.cpusets(limits);
        s.number("memory", "memory.limit_in_bytes", limits.memory(), "--memory");
        s.number("memory", MEMORY_AND_SWAP, limits.memorySwap(), "--memory-swap");
        s.number("memory", "memory.soft_limit_in_bytes", limits.memoryReservation(), "--memory-reservation");
        s.pids(limits);
        if (limits.ioWeight().isPresent()) {
            String weight = Integer.toString(limits.ioWeight().getAsInt());
            s.settings.add(new Setting("blkio", "blkio.weight", "blkio.bfq.weight", weight, weight, "--blkio-weight"));
        }
        return s.settings;
    }

    /**
     * {@return the files of v2, without the device rules}
     *
     * @param limits what to express
     * @throws UserException if a value is wrong on every host
     */
    static List<Setting> v2(CgroupLimits limits) {
        check(limits);
        CgroupSettings s = new CgroupSettings();
        if (limits.cpuShares().isPresent()) {
            s.put("cpu", "cpu.weight", Long.toString(weight(limits.cpuShares().getAsLong())), "--cpu-shares");
        }
        if (limits.cpuQuota().isPresent() || limits.cpuPeriod().isPresent()) {
            String max =
                    max(limits.cpuQuota().orElse(-1)) + " " + limits.cpuPeriod().orElse(100_000);
            s.put("cpu", "cpu.max", max, "--cpus");
        }
        s.cpusets(limits);
        if (limits.memory().isPresent()) {
            s.put("memory", "memory.max", max(limits.memory().getAsLong()), "--memory");
        }
        if (limits.memorySwap().isPresent()) {
            long both = limits.memorySwap().getAsLong();
            long swap = both == -1 ? -1 : both - limits.memory().orElse(0);
            s.put("memory", "memory.swap.max", max(swap), "--memory-swap");
        }
        s.number("memory", "memory.low", limits.memoryReservation(), "--memory-reservation");
        s.pids(limits);
        if (limits.ioWeight().isPresent()) {
            int weight = limits.ioWeight().getAsInt();
            s.settings.add(new Setting(
                    "io",
                    "io.bfq.weight",
                    "io.weight",
                    Integer.toString(weight),
                    Long.toString(1 + (weight - 10L) * 9999 / 990),
                    "--blkio-weight"));
        }
        return s.settings;
    }

    private void number(String controller, String file, OptionalLong value, String option) {
        if (value.isPresent()) {
            put(controller, file, Long.toString(value.getAsLong()), option);
        }
    }

    private void cpusets(CgroupLimits limits) {
        if (!limits.cpusetCpus().isEmpty()) {
            put("cpuset", "cpuset.cpus", limits.cpusetCpus(), "--cpuset-cpus");
        }
        if (!limits.cpusetMems().isEmpty()) {
            put("cpuset", "cpuset.mems", limits.cpusetMems(), "--cpuset-mems");
        }
    }

    private void pids(CgroupLimits limits) {
        if (limits.pids().isPresent()) {
            put("pids", "pids.max", max(limits.pids().getAsLong()), "--pids-limit");
        }
    }

    private static String max(long value) {
        return value == -1 ? "max" : Long.toString(value);
    }

    /**
     * {@return v2's CPU weight for v1's shares}: a curve through both ends (2 is 1, 262144 is 10000) and both defaults
     * (1024 is 100), the one that container runtimes agreed on in 2025; a straight line would give the default 39.
     *
     * @param shares 2 to 262144
     */
    static long weight(long shares) {
        double log = Math.log((double) shares) / Math.log(2);
        double weight = Math.pow(10, (log * log + 125 * log) / 612.0 - 7.0 / 34.0);
        return Math.max(1, Math.min(10_000, (long) Math.ceil(weight - 1e-9)));
    }
}
