package belljar.container;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.StringTokenizer;

/**
 * What procfs tells of one process, read before it can end.
 *
 * @param hostPid its id on the host
 * @param stat the content of {@code stat}
 * @param status the content of {@code status}
 * @param cmdline the content of {@code cmdline}
 * @param uidMap the content of {@code uid_map}
 * @param gidMap the content of {@code gid_map}
 * @param namespace its PID namespace; empty for a zombie
 */
record ProcFiles(
        long hostPid, String stat, String status, String cmdline, String uidMap, String gidMap, String namespace) {
    /** Milliseconds of a unit of {@code stat}'s times, which is USER_HZ and always a hundredth of a second. */
    private static final long TICK = 10;

    /** As the kernel's overflowuid: an id that the container has no name for. */
    private static final long UNMAPPED = 65534;

    private static final String[] CAPABILITIES = {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"};

    static Optional<ProcFiles> read(long pid) {
        Path directory = Path.of("/proc/" + pid);
        try {
            return Optional.of(new ProcFiles(
                    pid,
                    text(directory, "stat"),
                    text(directory, "status"),
                    text(directory, "cmdline"),
                    text(directory, "uid_map"),
                    text(directory, "gid_map"),
                    link(pid)));
        } catch (IOException ended) {
            return Optional.empty();
        }
    }

    private static String link(long pid) {
        try {
            return ContainerProcesses.namespace(pid);
        } catch (IOException zombie) {
            return "";
        }
    }

    private static String text(Path directory, String name) throws IOException {
        return new String(Files.readAllBytes(directory.resolve(name)), StandardCharsets.UTF_8);
    }

    /** {@return its id in its own PID namespace} */
    long pid() {
        List<Long> numbers = numbers("NSpid", 10);
        return numbers.isEmpty() ? hostPid : numbers.get(numbers.size() - 1);
    }

    /**
     * {@return the process}
     *
     * @param numbers ids in the container by those on the host
     * @param uptime milliseconds since the boot
     */
    ContainerProcess process(Map<Long, Long> numbers, long uptime) {
        int close = stat.lastIndexOf(')');
        List<String> fields = words(stat.substring(close + 2));
        long elapsed = Math.max(0, uptime - Long.parseLong(fields.get(19)) * TICK);
        List<Long> uids = numbers("Uid", 10);
        List<Long> gids = numbers("Gid", 10);
        List<Long> groups = new ArrayList<>();
        for (long gid : numbers("Groups", 10)) {
            groups.add(inside(gidMap, gid));
        }
        List<Long> capabilities = new ArrayList<>();
        for (String name : CAPABILITIES) {
            capabilities.add(numbers(name, 16).get(0));
        }
        List<Long> seccomp = numbers("Seccomp", 10);
        return new ContainerProcess(
                hostPid,
                pid(),
                numbers.getOrDefault(Long.parseLong(fields.get(1)), 0L),
                numbers.getOrDefault(Long.parseLong(fields.get(2)), 0L),
                stat.substring(stat.indexOf('(') + 1, close),
                args(),
                fields.get(0).charAt(0),
                inside(uidMap, uids.get(1)),
                inside(gidMap, gids.get(1)),
                inside(uidMap, uids.get(0)),
                inside(gidMap, gids.get(0)),
                uids.get(1),
                gids.get(1),
                groups,
                terminal(Long.parseLong(fields.get(4))),
                Integer.parseInt(fields.get(16)),
                (Long.parseLong(fields.get(11)) + Long.parseLong(fields.get(12))) * TICK,
                elapsed,
                System.currentTimeMillis() - elapsed,
                Long.parseLong(fields.get(20)),
                capabilities,
                seccomp.isEmpty() ? 0 : (int) (long) seccomp.get(0));
    }

    private List<String> args() {
        List<String> args = new ArrayList<>();
        int start = 0;
        for (int end = cmdline.indexOf('\0'); end >= 0; end = cmdline.indexOf('\0', start)) {
            args.add(cmdline.substring(start, end));
            start = end + 1;
        }
        if (start < cmdline.length()) {
            args.add(cmdline.substring(start));
        }
        return args;
    }

    /** As tty_nr of proc_pid_stat(5): the minor number is in bits 31 to 20 and 7 to 0, the major in 15 to 8. */
    static String terminal(long number) {
        long major = number >> 8 & 0xFFF;
        long minor = number & 0xFF | number >> 12 & 0xFFF00;
        if (major >= 136 && major <= 143) {
            return "pts/" + ((major - 136 << 20) + minor);
        }
        return number == 0 ? "?" : major == 4 ? "tty" + minor : major + ":" + minor;
    }

    /** {@return the id inside for one outside, by a map of user_namespaces(7)} */
    static long inside(String map, long outside) {
        for (String line : map.lines().toList()) {
            List<String> fields = words(line);
            if (fields.size() == 3) {
                long offset = outside - Long.parseLong(fields.get(1));
                if (offset >= 0 && offset < Long.parseLong(fields.get(2))) {
                    return Long.parseLong(fields.get(0)) + offset;
                }
            }
        }
        return UNMAPPED;
    }

    private List<Long> numbers(String name, int radix) {
        List<Long> numbers = new ArrayList<>();
        int at = ("\n" + status).indexOf("\n" + name + ":");
        if (at >= 0) {
            int start = at + name.length() + 1;
            String line = status.substring(start, status.indexOf('\n', start));
            for (String word : words(line)) {
                numbers.add(Long.parseUnsignedLong(word, radix));
            }
        }
        return numbers;
    }

    private static List<String> words(String text) {
        List<String> words = new ArrayList<>();
        StringTokenizer tokens = new StringTokenizer(text);
        while (tokens.hasMoreTokens()) {
            words.add(tokens.nextToken());
        }
        return words;
    }
}
