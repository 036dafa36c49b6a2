package belljar.linux;

import belljar.failure.HostException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * One cgroup, which on v1 is a directory in each of several hierarchies. Made by {@link Cgroups}; any later process
 * finds it again with {@link #of}. Without places ({@link #NONE}) every operation does nothing.
 *
 * <p>Safe for use by several threads; the kernel orders what they do.
 */
public final class Cgroup {
    /** No cgroup at all. */
    public static final Cgroup NONE = new Cgroup(List.of());

    private static final int AT_REMOVEDIR = 0x200;
    private static final int SIGKILL = 9;
    private static final int ROUNDS = 60;

    /** Each a v1 hierarchy's controllers (empty for v2), a colon, and the directory. */
    private final List<String> places;

    private Cgroup(List<String> places) {
        this.places = places;
    }

    /**
     * {@return the cgroup of some places}
     *
     * @param places what {@link #places} returned
     */
    public static Cgroup of(List<String> places) {
        return new Cgroup(List.copyOf(places));
    }

    /** {@return where the cgroup is, as text that {@link #of} takes; empty for none} */
    public List<String> places() {
        return places;
    }

    /**
     * {@return the directory in the hierarchy of a v1 controller, or that of v2 for an empty name; empty where none}
     *
     * @param controller such as {@code freezer}
     */
    public String directory(String controller) {
        for (String place : places) {
            int colon = place.indexOf(":/");
            String controllers = place.substring(0, colon);
            if (controllers.equals(controller)
                    || !controller.isEmpty() && ("," + controllers + ",").contains("," + controller + ",")) {
                return place.substring(colon + 1);
            }
        }
        return "";
    }

    /**
     * {@return whether device rules hold for the cgroup's processes; where they do not, a process with CAP_MKNOD could
     * open any device of the host}
     */
    public boolean holdsDevices() {
        return !directory("devices").isEmpty() || !directory("").isEmpty() && HostKernel.INSTANCE.call(Nr.GETEUID) == 0;
    }

    /** The directory for a controller: v1's where it is there, else v2's; empty for none. */
    private String either(String controller) {
        String v1 = directory(controller);
        return v1.isEmpty() ? directory("") : v1;
    }

    static String directoryOf(String place) {
        return place.substring(place.indexOf(":/") + 1);
    }

    /**
     * Moves a process into the cgroup; what it starts from then on is in it too.
     *
     * @param pid the process, in this process's pid namespace
     * @throws HostException if it has ended or may not be moved
     */
    public void add(long pid) {
        String text = Long.toString(pid);
        for (String place : places) {
            String procs = directoryOf(place) + "/cgroup.procs";
            Errno.check("write", "move process " + pid + " to " + procs, write(procs, text));
        }
    }

    /**
     * What the processes of a cgroup have used. A value is empty where no controller counts it.
     *
     * @param cpuNanos nanoseconds of CPU time since the cgroup was made
     * @param memory bytes of memory now, caches included
     * @param memoryPeak the most bytes of memory so far
     * @param pids tasks now
     * @param oomKills how many processes the kernel killed for want of memory
     */
    public record Usage(
            OptionalLong cpuNanos,
            OptionalLong memory,
            OptionalLong memoryPeak,
            OptionalLong pids,
            OptionalLong oomKills) {}

    /** {@return what the processes of the cgroup have used so far} */
    public Usage usage() {
        String unified = directory("");
        String accounting = directory("cpuacct");
        OptionalLong cpu =
                accounting.isEmpty() ? field(unified, "cpu.stat", "usage_usec ") : file(accounting, "cpuacct.usage");
        if (accounting.isEmpty() && cpu.isPresent()) {
            cpu = OptionalLong.of(cpu.getAsLong() * 1000);
        }
        String memory = directory("memory");
        boolean v1 = !memory.isEmpty();
        return new Usage(
                cpu,
                v1 ? file(memory, "memory.usage_in_bytes") : file(unified, "memory.current"),
                v1 ? file(memory, "memory.max_usage_in_bytes") : file(unified, "memory.peak"),
                file(either("pids"), "pids.current"),
                v1 ? field(memory, "memory.oom_control", "oom_kill ") : field(unified, "memory.events", "oom_kill "));
    }

    static OptionalLong file(String directory, String name) {
        return field(directory, name, "");
    }

    /** The number after a word at the start of a line. */
    static OptionalLong field(String directory, String name, String word) {
        StringBuilder text = new StringBuilder();
        if (directory.isEmpty() || KernelFile.read(KernelFile.AT_FDCWD, directory + "/" + name, text) < 0) {
            return OptionalLong.empty();
        }
        int at = text.indexOf(word);
        while (at > 0 && text.charAt(at - 1) != '\n') {
            at = text.indexOf(word, at + 1);
        }
        int start = at + word.length();
        int end = start;
        while (at >= 0 && end < text.length() && text.charAt(end) >= '0' && text.charAt(end) <= '9') {
            end++;
        }
        return end > start ? OptionalLong.of(Long.parseLong(text, start, end, 10)) : OptionalLong.empty();
    }

    /**
     * {@return the processes of the cgroup that this process's pid namespace shows}
     *
     * @throws HostException if the kernel does not say
     */
    public List<Long> processes() {
        List<Long> pids = new ArrayList<>();
        if (places.isEmpty()) {
            return pids;
        }
        StringBuilder text = new StringBuilder();
        String procs = directoryOf(places.get(0)) + "/cgroup.procs";
        long result = KernelFile.read(KernelFile.AT_FDCWD, procs, text);
        if (result < 0 && result != -Errno.ENOENT && result != -Errno.ENODEV) {
            throw Errno.failure("read", "read " + procs, result);
        }
        int start = 0;
        for (int end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
            long pid = Long.parseLong(text, start, end, 10);
            if (pid != 0) {
                pids.add(pid);
            }
            start = end + 1;
        }
        return pids;
    }

    /**
     * Kills every process in the cgroup, also those that are being started: by v2's {@code cgroup.kill} where it is
     * there (Linux 5.14), else by freezing and killing until nothing is left. Returns when the signals are sent; the
     * processes may still be ending.
     *
     * @throws HostException if processes remain that cannot be killed
     */
    public void kill() {
        String unified = directory("");
        if (!unified.isEmpty() && write(unified + "/cgroup.kill", "1") >= 0) {
            return;
        }
        long wait = 1;
        for (int round = 0; round < ROUNDS; round++) {
            List<Long> pids = processes();
            if (pids.isEmpty()) {
                return;
            }
            boolean frozen = !directory("freezer").isEmpty() && freezeNow("FROZEN");
            for (long pid : processes()) {
                HostKernel.INSTANCE.call(Nr.KILL, pid, SIGKILL);
            }
            if (frozen) {
                freezeNow("THAWED");
            }
            sleep(wait);
            wait = Math.min(wait * 2, 50);
        }
        throw new HostException("the processes " + processes() + " do not end although they were killed", "kill", 0);
    }

    private boolean freezeNow(String state) {
        return write(directory("freezer") + "/freezer.state", state) >= 0;
    }

    /**
     * Stops every process in the cgroup until {@link #thaw}, and waits until they stand still.
     *
     * @throws HostException if this host has no freezer, or a process does not stop within some seconds
     */
    public void freeze() {
        state("FROZEN", "1");
    }

    /**
     * Lets the processes go on after {@link #freeze}.
     *
     * @throws HostException if this host has no freezer
     */
    public void thaw() {
        state("THAWED", "0");
    }

    /** {@return whether the processes are stopped, or being stopped, by {@link #freeze}; false without a freezer} */
    public boolean frozen() {
        String freezer = directory("freezer");
        StringBuilder text = new StringBuilder();
        if (!freezer.isEmpty()) {
            // v1 says FREEZING until the last process stands still.
            return KernelFile.read(KernelFile.AT_FDCWD, freezer + "/freezer.state", text) >= 0
                    && text.indexOf("FR") == 0;
        }
        return field(directory(""), "cgroup.freeze", "").orElse(0) == 1;
    }

    private void state(String v1, String v2) {
        if (places.isEmpty()) {
            throw new HostException("processes without a cgroup cannot be paused", "", 0);
        }
        String freezer = directory("freezer");
        boolean old = !freezer.isEmpty();
        String file = old ? freezer + "/freezer.state" : directory("") + "/cgroup.freeze";
        String wanted = old ? v1 : v2;
        long wait = 1;
        for (int round = 0; round < ROUNDS; round++) {
            // v1 may get stuck at FREEZING and goes on when it is asked again.
            Errno.check("write", "write " + wanted + " to " + file, write(file, wanted));
            OptionalLong seen = old ? OptionalLong.empty() : field(directory(""), "cgroup.events", "frozen ");
            if (old ? KernelFile.read(file).startsWith(v1) : seen.orElse(0) == Long.parseLong(v2)) {
                return;
            }
            sleep(wait);
            wait = Math.min(wait * 2, 50);
        }
        throw new HostException("the processes of " + file + " do not reach the state " + wanted, "", 0);
    }

    /**
     * Removes the cgroup from every hierarchy, waiting some seconds for killed processes to leave it. Places that are
     * gone already are fine.
     *
     * @throws HostException if something is left, after the other places were removed
     */
    public void remove() {
        String left = "";
        long failure = 0;
        for (String place : places) {
            String directory = directoryOf(place);
            long result = remove(directory);
            long wait = 1;
            for (int round = 0; result == -Errno.EBUSY && round < ROUNDS; round++) {
                sleep(wait);
                wait = Math.min(wait * 2, 50);
                result = remove(directory);
            }
            if (result < 0 && result != -Errno.ENOENT) {
                left = directory;
                failure = result;
            }
        }
        if (failure != 0) {
            throw Errno.failure("unlinkat", "remove the cgroup " + left, failure);
        }
    }

    private static long remove(String directory) {
        try (Memory memory = HostKernel.INSTANCE.lend()) {
            return HostKernel.INSTANCE.call(Nr.UNLINKAT, KernelFile.AT_FDCWD, memory.string(directory), AT_REMOVEDIR);
        }
    }

    private static long write(String file, String text) {
        return KernelFile.write(KernelFile.AT_FDCWD, file, text);
    }

    /** Waits without Thread.sleep, whose interruption would leave a cgroup behind. */
    private static void sleep(long millis) {
        try (Memory memory = HostKernel.INSTANCE.lend()) {
            long time = memory.allocate(16);
            memory.putLong(time, millis / 1000);
            memory.putLong(time + 8, millis % 1000 * 1_000_000);
            HostKernel.INSTANCE.call(Nr.NANOSLEEP, time, 0);
        }
    }
}
