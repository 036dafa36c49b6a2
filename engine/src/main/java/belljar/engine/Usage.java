package belljar.engine;

import belljar.linux.CgroupUsage;
import belljar.linux.NetworkCounters;
import java.util.List;

/**
 * What a running container uses, at one moment.
 *
 * @param id the container's id
 * @param name its name
 * @param nanoTime when this was read, by {@link System#nanoTime}
 * @param startedMillis when its first process was started, milliseconds since the epoch
 * @param cgroup CPU time, memory, tasks and block devices
 * @param network what passed through each of its network interfaces; empty for one that has the host's network
 */
public record Usage(
        String id, String name, long nanoTime, long startedMillis, CgroupUsage cgroup, List<NetworkCounters> network) {
    /** Copies the list. */
    public Usage {
        network = List.copyOf(network);
    }
}
