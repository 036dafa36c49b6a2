package belljar.engine;

import belljar.failure.HostException;
import belljar.linux.Errno;
import belljar.linux.Fd;
import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A file that says a container lives, locked by the process that answers for it (flock(2)). When the file is there and
 * its lock is free, that process died, and whoever finds it so cleans up in its place. The file holds the container's
 * first process and its start time, so that a process id that was used again is not mistaken for it, and behind them
 * where its cgroups may be.
 */
final class Claim implements AutoCloseable {
    private static final int AT_FDCWD = -100;
    private static final int O_RDWR_CREAT_EXCL_CLOEXEC = 2 | 0x40 | 0x80 | 0x80000;
    private static final int O_RDWR_CLOEXEC = 2 | 0x80000;
    private static final int LOCK_EX_NB = 2 | 4;
    private static final int CONTENT_MAX = 16 * 1024;
    private static final HostKernel KERNEL = HostKernel.INSTANCE;

    private final Path file;
    private final Fd fd;
    private final List<String> places;

    private Claim(Path file, Fd fd, List<String> places) {
        this.file = file;
        this.fd = fd;
        this.places = List.copyOf(places);
    }

    /**
     * Makes and locks the file for a new container. It is locked under a name that starts with a dot first and renamed
     * then, so that nobody ever sees it unlocked while its owner lives.
     *
     * @param directory where live containers are listed
     * @param id the container's id
     * @param places where its cgroups may be made
     */
    static Claim make(Path directory, String id, List<String> places) {
        Path file = directory.resolve(id);
        String hidden = directory.resolve("." + id).toString();
        try (Memory memory = KERNEL.lend()) {
            long from = memory.string(hidden);
            long number = Errno.check(
                    "openat",
                    "make " + hidden,
                    KERNEL.call(Nr.OPENAT, AT_FDCWD, from, O_RDWR_CREAT_EXCL_CLOEXEC, 0600));
            Fd fd = new Fd((int) number);
            KERNEL.call(Nr.FLOCK, number, LOCK_EX_NB);
            long to = memory.string(file.toString());
            long renamed = KERNEL.call(Nr.RENAMEAT2, AT_FDCWD, from, AT_FDCWD, to, 1 /* RENAME_NOREPLACE */);
            if (renamed < 0) {
                KERNEL.call(Nr.UNLINKAT, AT_FDCWD, from, 0);
                fd.close();
                throw Errno.failure("renameat2", "make " + file, renamed);
            }
            Claim claim = new Claim(file, fd, places);
            claim.write("0 0\n");
            return claim;
        }
    }

    /**
     * Takes over the claim of a process that died.
     *
     * @param file the claim's file
     * @return the claim, now this process's; null when its owner lives or someone else is cleaning up
     */
    static @Nullable Claim takeOver(Path file) {
        try (Memory memory = KERNEL.lend()) {
            long path = memory.string(file.toString());
            long number = KERNEL.call(Nr.OPENAT, AT_FDCWD, path, O_RDWR_CLOEXEC);
            if (number < 0) {
                return null;
            }
            Fd fd = new Fd((int) number);
            long locked = KERNEL.call(Nr.FLOCK, number, LOCK_EX_NB);
            long stat = memory.allocate(144);
            KERNEL.call(Nr.FSTAT, number, stat);
            // st_nlink: a file that was removed between open and lock has been cleaned up by someone else.
            if (locked < 0 || memory.getLong(stat + 16) == 0) {
                fd.close();
                return null;
            }
            return new Claim(file, fd, places(read(fd)));
        }
    }

    private static String read(Fd fd) {
        try (Memory memory = KERNEL.lend()) {
            long buffer = memory.allocateDirty(CONTENT_MAX);
            long n = KERNEL.call(Nr.PREAD64, fd.number(), buffer, CONTENT_MAX, 0);
            return n > 0 ? memory.text(buffer, (int) n) : "";
        }
    }

    private static List<String> places(String content) {
        List<String> places = new ArrayList<>();
        int at = content.indexOf('\n') + 1;
        for (int end = content.indexOf('\n', at); at > 0 && end >= 0; end = content.indexOf('\n', at)) {
            places.add(content.substring(at, end));
            at = end + 1;
        }
        return places;
    }

    /** {@return whether a live process answers for a container} */
    static boolean isHeld(Path file) {
        Claim claim = takeOver(file);
        if (claim == null) {
            return java.nio.file.Files.exists(file);
        }
        claim.fd.close();
        return false;
    }

    /**
     * Writes down the container's first process.
     *
     * @param pid its process id
     * @throws HostException if the disk is full or the process is gone
     */
    void record(long pid) {
        write(pid + " " + startTime(pid) + "\n");
    }

    private void write(String firstLine) {
        StringBuilder content = new StringBuilder(firstLine);
        for (String place : places) {
            content.append(place).append('\n');
        }
        byte[] text = content.toString().getBytes(StandardCharsets.UTF_8);
        try (Memory memory = KERNEL.lend()) {
            Errno.check(
                    "pwrite64",
                    "write " + file,
                    KERNEL.call(Nr.PWRITE64, fd.number(), memory.copy(text), text.length, 0));
        }
    }

    /** {@return the recorded process id if that very process still exists; 0 otherwise} */
    long livingPid() {
        return livingPid(read(fd));
    }

    /** {@return where the container's cgroups may be} */
    List<String> places() {
        return places;
    }

    /** Gives the claim up but leaves the file, so that the next process cleans up what this one could not. */
    void abandon() {
        fd.close();
    }

    static long livingPid(String text) {
        int space = text.indexOf(' ');
        int end = text.indexOf('\n');
        if (space <= 0 || end < space) {
            return 0;
        }
        long pid = 0;
        for (int i = 0; i < space; i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9 || i > 9) {
                return 0; // cut short or damaged
            }
            pid = 10 * pid + digit;
        }
        String startTime = text.substring(space + 1, end);
        return !startTime.isEmpty() && startTime(pid).equals(startTime) ? pid : 0;
    }

    /**
     * Field 22 of proc_pid_stat(5); the name in field 2 may hold anything, so counting starts behind its last bracket.
     */
    private static String startTime(long pid) {
        String stat = SmallFile.read("/proc/" + pid + "/stat");
        int at = stat.lastIndexOf(')') + 2;
        for (int field = 3; field < 22 && at > 1; field++) {
            at = stat.indexOf(' ', at) + 1;
        }
        int end = at > 1 ? stat.indexOf(' ', at) : -1;
        return end < 0 ? "" : stat.substring(at, end);
    }

    /** Removes the file and with it the claim. Never fails. */
    @Override
    public void close() {
        try (Memory memory = KERNEL.lend()) {
            KERNEL.call(Nr.UNLINKAT, AT_FDCWD, memory.string(file.toString()), 0);
        }
        fd.close();
    }
}
