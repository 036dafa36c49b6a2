package belljar.container;

import belljar.failure.HostException;
import belljar.linux.Cgroup;
import belljar.linux.ProcessCgroup;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The processes of a running container: those of its cgroup and what is below it, or where it has none, those of its
 * PID namespace. What Belljar itself runs there, outside the container's PID namespace, is not among them.
 */
public final class ContainerProcesses {
    private static final Path PROC = Path.of("/proc");

    private ContainerProcesses() {}

    /**
     * {@return the processes, the oldest number first; those that end meanwhile are left out}
     *
     * @param first the container's first process, in this process's pid namespace
     * @throws HostException if it has ended
     */
    public static List<ContainerProcess> of(long first) {
        try {
            String inside = namespace(first);
            String outside = namespace(ProcessHandle.current().pid());
            Cgroup cgroup = ProcessCgroup.of(first);
            boolean byCgroup = !cgroup.places().isEmpty();
            List<ProcFiles> found = new ArrayList<>();
            Map<Long, Long> numbers = new HashMap<>();
            for (long pid : byCgroup ? below(cgroup) : all()) {
                Optional<ProcFiles> files = ProcFiles.read(pid);
                if (files.isPresent()) {
                    String own = files.get().namespace();
                    // A zombie has no namespaces any more.
                    boolean belongs = byCgroup ? own.equals(inside) || !own.equals(outside) : own.equals(inside);
                    if (belongs) {
                        found.add(files.get());
                        numbers.put(pid, files.get().pid());
                    }
                }
            }
            long uptime = uptimeMillis();
            List<ContainerProcess> processes = new ArrayList<>();
            for (ProcFiles files : found) {
                processes.add(files.process(numbers, uptime));
            }
            return processes;
        } catch (IOException e) {
            throw new HostException("cannot look at the container's processes: " + e.getMessage(), e);
        }
    }

    static String namespace(long pid) throws IOException {
        return Files.readSymbolicLink(PROC.resolve(pid + "/ns/pid")).toString();
    }

    private static long uptimeMillis() throws IOException {
        String uptime = Files.readString(PROC.resolve("uptime"));
        return (long) (Double.parseDouble(uptime.substring(0, uptime.indexOf(' '))) * 1000);
    }

    private static Set<Long> all() throws IOException {
        Set<Long> pids = new TreeSet<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(PROC, "[0-9]*")) {
            for (Path entry : entries) {
                pids.add(Long.parseLong(String.valueOf(entry.getFileName())));
            }
        }
        return pids;
    }

    private static Set<Long> below(Cgroup cgroup) throws IOException {
        Set<Long> pids = new TreeSet<>();
        String place = cgroup.places().get(0);
        add(Path.of(place.substring(place.indexOf(":/") + 1)), pids);
        return pids;
    }

    private static void add(Path directory, Set<Long> pids) throws IOException {
        for (String line : Files.readAllLines(directory.resolve("cgroup.procs"))) {
            // 0 stands for a process of another PID namespace, which has no number here.
            if (!line.equals("0")) {
                pids.add(Long.parseLong(line));
            }
        }
        try (DirectoryStream<Path> children = Files.newDirectoryStream(directory, Files::isDirectory)) {
            for (Path child : children) {
                add(child, pids);
            }
        }
    }
}
