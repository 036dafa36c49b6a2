package belljar.engine;

import belljar.failure.UserException;
import java.util.ArrayList;
import java.util.List;

/**
 * Which parts of procfs and sysfs a container finds hidden or read-only. The lists join Docker's and Podman's: what
 * either of them found worth hiding stays hidden.
 */
final class ProtectedPaths {
    private static final List<String> MASKED = List.of(
            "/proc/acpi",
            "/proc/asound",
            "/proc/interrupts",
            "/proc/kcore",
            "/proc/keys",
            "/proc/latency_stats",
            "/proc/sched_debug",
            "/proc/scsi",
            "/proc/timer_list",
            "/proc/timer_stats",
            "/sys/dev/block",
            "/sys/devices/virtual/powercap",
            "/sys/firmware",
            "/sys/fs/selinux");

    private static final List<String> READONLY =
            List.of("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger");

    private ProtectedPaths() {}

    /** {@return the paths to hide} */
    static List<String> masked(SecurityRequest security) {
        List<String> paths = security.privileged() ? new ArrayList<>() : without(MASKED, security.unmask());
        for (String path : security.mask()) {
            if (!path.startsWith("/")) {
                throw new UserException("the path '" + path + "' to mask is not absolute; begin it with '/'");
            }
            paths.add(path);
        }
        return paths;
    }

    /** {@return the paths to make read-only} */
    static List<String> readonly(SecurityRequest security) {
        return security.privileged() ? List.of() : without(READONLY, security.unmask());
    }

    private static List<String> without(List<String> paths, List<String> unmask) {
        List<String> kept = new ArrayList<>();
        for (String path : paths) {
            boolean open = false;
            for (String pattern : unmask) {
                open |= matches(pattern, path);
            }
            if (!open) {
                kept.add(path);
            }
        }
        return kept;
    }

    private static boolean matches(String pattern, String path) {
        if (pattern.equalsIgnoreCase("ALL")) {
            return true;
        }
        if (!pattern.startsWith("/")) {
            throw new UserException(
                    "the path '" + pattern + "' to unmask is not absolute; begin it with '/' or say ALL");
        }
        return pattern.endsWith("/*")
                ? path.startsWith(pattern.substring(0, pattern.length() - 1))
                : path.equals(pattern);
    }
}
