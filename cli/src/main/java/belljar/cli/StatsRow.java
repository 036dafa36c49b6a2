package belljar.cli;

import belljar.engine.Usage;
import belljar.failure.HostException;
import belljar.linux.CgroupUsage;
import belljar.linux.NetworkCounters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** One container's line of {@code stats}, in Podman's fields. What this host does not count is shown as {@code --}. */
final class StatsRow {
    private static final String UNKNOWN = "--";
    private static final int SHORT_ID = 12;

    private StatsRow() {}

    /**
     * {@return the fields}
     *
     * @param now what the container uses
     * @param before what it used when it was last looked at; null the first time, when rates are those of its whole
     *     life
     * @param full whether the id is shown in full
     */
    static Map<String, String> of(Usage now, @Nullable Usage before, boolean full) {
        CgroupUsage cgroup = now.cgroup();
        Map<String, String> row = new LinkedHashMap<>();
        row.put(
                "ID",
                full || now.id().length() <= SHORT_ID ? now.id() : now.id().substring(0, SHORT_ID));
        row.put("Name", now.name());
        long life = Math.max(1, System.currentTimeMillis() - now.startedMillis()) * 1_000_000;
        String average = percent(cgroup.cpuNanos(), life);
        row.put("CPUPerc", before == null ? average : rate(now, before));
        long most = memoryLimit(cgroup);
        row.put("MemUsage", size(cgroup.memory()) + " / " + (cgroup.memory().isPresent() ? Text.size(most) : UNKNOWN));
        row.put("MemPerc", percent(cgroup.memory(), most));
        row.put("NetIO", network(now));
        row.put("BlockIO", size(cgroup.ioRead()) + " / " + size(cgroup.ioWritten()));
        row.put("PIDs", cgroup.pids().isPresent() ? Long.toString(cgroup.pids().getAsLong()) : UNKNOWN);
        row.put(
                "UpTime",
                cgroup.cpuNanos().isPresent() ? seconds(cgroup.cpuNanos().getAsLong()) : UNKNOWN);
        row.put("AVGCPU", average);
        return row;
    }

    private static String rate(Usage now, Usage before) {
        OptionalLong used = now.cgroup().cpuNanos();
        OptionalLong then = before.cgroup().cpuNanos();
        return used.isPresent() && then.isPresent()
                ? percent(
                        OptionalLong.of(Math.max(0, used.getAsLong() - then.getAsLong())),
                        Math.max(1, now.nanoTime() - before.nanoTime()))
                : UNKNOWN;
    }

    /** Without a limit of its own, a container may have what the machine has, or all that a limit above it leaves. */
    private static long memoryLimit(CgroupUsage cgroup) {
        long machine = machineMemory();
        return Math.min(cgroup.memoryLimit().orElse(machine), machine);
    }

    private static long machineMemory() {
        try {
            String text = Files.readString(Path.of("/proc/meminfo"));
            int at = text.indexOf("MemTotal:") + "MemTotal:".length();
            return Long.parseLong(text.substring(at, text.indexOf("kB", at)).strip()) * 1024;
        } catch (IOException e) {
            throw new HostException("cannot read /proc/meminfo: " + e.getMessage(), e);
        }
    }

    private static String network(Usage usage) {
        if (usage.network().isEmpty()) {
            return UNKNOWN + " / " + UNKNOWN;
        }
        long in = 0;
        long out = 0;
        for (NetworkCounters counters : usage.network()) {
            in += counters.rxBytes();
            out += counters.txBytes();
        }
        return Text.size(in) + " / " + Text.size(out);
    }

    private static String size(OptionalLong bytes) {
        return bytes.isPresent() ? Text.size(bytes.getAsLong()) : UNKNOWN;
    }

    private static String percent(OptionalLong part, long whole) {
        return part.isPresent() ? String.format(Locale.ROOT, "%.2f%%", 100.0 * part.getAsLong() / whole) : UNKNOWN;
    }

    private static String seconds(long nanos) {
        return String.format(Locale.ROOT, "%.6fs", nanos / 1e9);
    }
}
