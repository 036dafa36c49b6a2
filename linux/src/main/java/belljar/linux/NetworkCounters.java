package belljar.linux;

import java.util.ArrayList;
import java.util.List;

/**
 * What has passed through a network interface, as {@code /proc/PID/net/dev} counts it (proc_pid_net(5)) for the network
 * namespace of a process.
 *
 * @param name the interface, such as {@code eth0}
 * @param rxBytes bytes received
 * @param rxPackets packets received
 * @param rxErrors packets received with an error
 * @param rxDropped packets received and dropped
 * @param txBytes bytes sent
 * @param txPackets packets sent
 * @param txErrors packets that could not be sent
 * @param txDropped packets dropped before they were sent
 */
public record NetworkCounters(
        String name,
        long rxBytes,
        long rxPackets,
        long rxErrors,
        long rxDropped,
        long txBytes,
        long txPackets,
        long txErrors,
        long txDropped) {
    private static final int COLUMNS = 16;

    /**
     * {@return the interfaces of a process's network namespace but the loopback device, in the kernel's order}
     *
     * @param pid the process, in this process's pid namespace; nothing is returned when it has ended
     */
    public static List<NetworkCounters> of(long pid) {
        StringBuilder text = new StringBuilder();
        long result = KernelFile.read(KernelFile.AT_FDCWD, "/proc/" + pid + "/net/dev", text);
        return result < 0 ? List.of() : parse(text.toString());
    }

    static List<NetworkCounters> parse(String text) {
        List<NetworkCounters> found = new ArrayList<>();
        int start = 0;
        for (int end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
            int colon = text.indexOf(':', start);
            // Two lines of headings have no colon.
            if (colon > start && colon < end) {
                String name = text.substring(start, colon).strip();
                if (!name.equals("lo")) {
                    long[] n = numbers(text, colon + 1, end);
                    found.add(new NetworkCounters(name, n[0], n[1], n[2], n[3], n[8], n[9], n[10], n[11]));
                }
            }
            start = end + 1;
        }
        return found;
    }

    private static long[] numbers(String text, int from, int end) {
        long[] numbers = new long[COLUMNS];
        int count = 0;
        int at = from;
        while (at < end && count < COLUMNS) {
            char c = text.charAt(at);
            if (c >= '0' && c <= '9') {
                int stop = at;
                while (stop < end && text.charAt(stop) >= '0' && text.charAt(stop) <= '9') {
                    stop++;
                }
                numbers[count++] = Long.parseUnsignedLong(text, at, stop, 10);
                at = stop;
            } else {
                at++;
            }
        }
        return numbers;
    }
}
