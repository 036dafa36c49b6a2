package belljar.linux;

import java.util.OptionalLong;

/**
 * What a container's processes use and may use, for people who watch it. A value is empty where no controller of this
 * host counts it, or where there is no limit. Files and units are those of cgroups(7) and the kernel's
 * {@code admin-guide/cgroup-v1} and {@code cgroup-v2}.
 *
 * @param cpuNanos nanoseconds of CPU time since the cgroup was made
 * @param userNanos of these in user mode; counted in hundredths of a second on v1
 * @param systemNanos of these in the kernel; counted as above
 * @param memory bytes in use, without file pages that the kernel would give up first: what the container really holds
 * @param memoryLimit the most bytes it may have
 * @param pids tasks now
 * @param pidsLimit the most tasks it may have
 * @param ioRead bytes read from block devices
 * @param ioWritten bytes written to block devices
 */
public record CgroupUsage(
        OptionalLong cpuNanos,
        OptionalLong userNanos,
        OptionalLong systemNanos,
        OptionalLong memory,
        OptionalLong memoryLimit,
        OptionalLong pids,
        OptionalLong pidsLimit,
        OptionalLong ioRead,
        OptionalLong ioWritten) {
    /** Nanoseconds of the unit of {@code cpuacct.stat}, which is USER_HZ and always a hundredth of a second. */
    private static final long TICK = 10_000_000;

    /** What v1 calls no limit is the largest multiple of a page in a long; no machine has half as much. */
    private static final long UNLIMITED = Long.MAX_VALUE / 2;

    /**
     * Reads the counters. They are read one after the other, so they need not be of one moment.
     *
     * @param cgroup which
     * @return the counters; all empty for {@link Cgroup#NONE} and for one that is gone
     */
    public static CgroupUsage of(Cgroup cgroup) {
        String v2 = cgroup.directory("");
        String accounting = cgroup.directory("cpuacct");
        String pids = cgroup.directory("pids").isEmpty() ? v2 : cgroup.directory("pids");
        boolean old = !accounting.isEmpty();
        OptionalLong cpu = old
                ? Cgroup.file(accounting, "cpuacct.usage")
                : times(Cgroup.field(v2, "cpu.stat", "usage_usec "), 1000);
        OptionalLong user = old
                ? times(Cgroup.field(accounting, "cpuacct.stat", "user "), TICK)
                : times(Cgroup.field(v2, "cpu.stat", "user_usec "), 1000);
        OptionalLong system = old
                ? times(Cgroup.field(accounting, "cpuacct.stat", "system "), TICK)
                : times(Cgroup.field(v2, "cpu.stat", "system_usec "), 1000);
        OptionalLong[] memory = memory(cgroup.directory("memory"), v2);
        OptionalLong[] io = io(cgroup.directory("blkio"), v2);
        return new CgroupUsage(
                cpu,
                user,
                system,
                memory[0],
                memory[1],
                Cgroup.file(pids, "pids.current"),
                Cgroup.file(pids, "pids.max"),
                io[0],
                io[1]);
    }

    private static OptionalLong times(OptionalLong value, long factor) {
        return value.isPresent() ? OptionalLong.of(value.getAsLong() * factor) : value;
    }

    private static OptionalLong[] memory(String v1, String v2) {
        boolean old = !v1.isEmpty();
        OptionalLong used = old ? Cgroup.file(v1, "memory.usage_in_bytes") : Cgroup.file(v2, "memory.current");
        long idle = (old
                        ? Cgroup.field(v1, "memory.stat", "total_inactive_file ")
                        : Cgroup.field(v2, "memory.stat", "inactive_file "))
                .orElse(0);
        OptionalLong limit = old ? Cgroup.file(v1, "memory.limit_in_bytes") : Cgroup.file(v2, "memory.max");
        return new OptionalLong[] {
            used.isPresent() ? OptionalLong.of(Math.max(0, used.getAsLong() - idle)) : used,
            limit.orElse(0) > UNLIMITED ? OptionalLong.empty() : limit
        };
    }

    private static OptionalLong[] io(String v1, String v2) {
        StringBuilder text = new StringBuilder();
        boolean old = !v1.isEmpty();
        String file = old ? v1 + "/blkio.throttle.io_service_bytes_recursive" : v2 + "/io.stat";
        long result = old || !v2.isEmpty() ? KernelFile.read(KernelFile.AT_FDCWD, file, text) : -Errno.ENOENT;
        if (result == -Errno.ENOENT && old) {
            result = KernelFile.read(KernelFile.AT_FDCWD, v1 + "/blkio.throttle.io_service_bytes", text);
        }
        if (result < 0) {
            return new OptionalLong[] {OptionalLong.empty(), OptionalLong.empty()};
        }
        String all = text.toString();
        return new OptionalLong[] {
            OptionalLong.of(sum(all, old ? " Read " : " rbytes=")),
            OptionalLong.of(sum(all, old ? " Write " : " wbytes="))
        };
    }

    /** Adds up the numbers behind a word, one of each device. */
    static long sum(String text, String word) {
        long sum = 0;
        int at = text.indexOf(word);
        while (at >= 0) {
            int start = at + word.length();
            int end = start;
            while (end < text.length() && text.charAt(end) >= '0' && text.charAt(end) <= '9') {
                end++;
            }
            sum += end > start ? Long.parseLong(text, start, end, 10) : 0;
            at = text.indexOf(word, end);
        }
        return sum;
    }
}
