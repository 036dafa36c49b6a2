package belljar.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a process hands down to those that it starts, and by what the kernel judges it: identity, namespaces, root,
 * cgroups, limits, priority (proc_pid_status(5) and its kin). A command may be carried out by another process only when
 * both have the same.
 *
 * @param parts each of these as a text
 */
record CallerTraits(List<String> parts) {
    private static final List<String> LINKS =
            List.of("ns/cgroup", "ns/ipc", "ns/mnt", "ns/net", "ns/pid", "ns/time", "ns/user", "ns/uts", "root");

    /** Lines of /proc/PID/status that matter, by what they begin with. */
    private static final List<String> LINES = List.of(
            "Umask:", "Uid:", "Gid:", "Groups:", "Cap", "NoNewPrivs:", "Seccomp:", "Cpus_allowed:", "Mems_allowed:");

    /** Fields of /proc/PID/stat behind the name, from 0: priority, nice, real-time priority, policy. */
    private static final int[] SCHEDULING = {15, 16, 37, 38};

    CallerTraits {
        parts = List.copyOf(parts);
    }

    /**
     * {@return those of a process; null when it has gone or may not be looked at}
     *
     * @param pid its id, or {@code self}
     */
    static @Nullable CallerTraits of(String pid) {
        Path process = Path.of("/proc", pid);
        List<String> parts = new ArrayList<>();
        try {
            for (String link : LINKS) {
                parts.add(Files.readSymbolicLink(process.resolve(link)).toString());
            }
            parts.add(read(process.resolve("cgroup")));
            parts.add(read(process.resolve("limits")));
            parts.add(read(process.resolve("oom_score_adj")));
            parts.add(status(read(process.resolve("status"))));
            parts.add(scheduling(read(process.resolve("stat"))));
        } catch (IOException gone) {
            return null;
        }
        return new CallerTraits(parts);
    }

    private static String read(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
    }

    private static String status(String text) {
        StringBuilder kept = new StringBuilder();
        for (String line : Text.split(text, '\n')) {
            for (String start : LINES) {
                if (line.startsWith(start)) {
                    kept.append(line).append('\n');
                }
            }
        }
        return kept.toString();
    }

    private static String scheduling(String text) {
        List<String> fields =
                Text.split(text.substring(text.lastIndexOf(')') + 2).strip(), ' ');
        StringBuilder kept = new StringBuilder();
        for (int field : SCHEDULING) {
            kept.append(fields.get(field)).append(' ');
        }
        return kept.toString();
    }
}
