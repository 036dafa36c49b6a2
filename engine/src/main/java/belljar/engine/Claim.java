package belljar.engine;

import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.linux.Errno;
import belljar.linux.Fd;
import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A file that says a container lives, locked by the process that answers for it. When the file is there and its lock is
 * free, that process died, and whoever finds it so cleans up in its place. The file's first line is {@code PID START
 * KEEPER KEEPERSTART BOOT SINCE}: the container's first process and its keeper, both 0 when there is none, each with
 * its start time, so that a process id that was used again is not mistaken for it, the id of the boot for which all
 * this is true, and when the first process was made, in milliseconds since the epoch. Behind it stand the places where
 * the container's cgroups may be.
 */
final class Claim implements AutoCloseable {
    private static final int AT_FDCWD = -100;
    private static final int MOST_TRIES = 1000;
    private static final long RETRY_NANOS = 200_000;
    private static final int O_RDWR_CREAT_EXCL_CLOEXEC = 2 | 0x40 | 0x80 | 0x80000;
    private static final int O_RDWR_CLOEXEC = 2 | 0x80000;
    private static final int F_OFD_GETLK = 36;
    private static final int F_OFD_SETLK = 37;
    private static final short F_WRLCK = 1;
    private static final short F_UNLCK = 2;
    /** In the place of a process id that nobody has yet. */
    private static final String FRESH = "new 0";

    private static final String DOOMED = "del 0";

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
     * @param fresh whether the container is being made as well, so that nothing of it is worth keeping until it runs
     */
    static Claim make(Path directory, String id, List<String> places, boolean fresh) {
        Path file = directory.resolve(id);
        Path hidden = directory.resolve("." + id);
        Fd fd = lockNew(hidden, id);
        try (Memory memory = KERNEL.lend()) {
            long from = memory.string(hidden.toString());
            long to = memory.string(file.toString());
            long renamed = KERNEL.call(Nr.RENAMEAT2, AT_FDCWD, from, AT_FDCWD, to, 1 /* RENAME_NOREPLACE */);
            if (renamed < 0) {
                KERNEL.call(Nr.UNLINKAT, AT_FDCWD, from, 0);
                fd.close();
                if (renamed == -Errno.EEXIST) {
                    throw busy(id);
                }
                throw Errno.failure("renameat2", "make " + file, renamed);
            }
            Claim claim = new Claim(file, fd, places);
            claim.write((fresh ? FRESH : "0 0") + " 0 0 " + bootId() + "\n");
            return claim;
        }
    }

    /**
     * Makes the file under its hidden name and locks it. Between the two another command may find it unlocked, take it
     * for a dead process's and remove it, or be about to: then it is made again.
     */
    private static Fd lockNew(Path hidden, String id) {
        for (int tries = 0; tries < MOST_TRIES; tries++) {
            try (Memory memory = KERNEL.lend()) {
                long path = memory.string(hidden.toString());
                long number = KERNEL.call(Nr.OPENAT, AT_FDCWD, path, O_RDWR_CREAT_EXCL_CLOEXEC, 0600);
                if (number == -Errno.EEXIST) {
                    dropHidden(hidden);
                } else {
                    Errno.check("openat", "make " + hidden, number);
                    Fd fd = new Fd((int) number);
                    if (lock(memory, number, F_OFD_SETLK) && isLinked(memory, number)) {
                        return fd;
                    }
                    fd.close();
                }
            }
            LockSupport.parkNanos(RETRY_NANOS);
        }
        throw busy(id);
    }

    /** Removes the file of a process that died before it could give it its name; there is nothing else of it. */
    static void dropHidden(Path hidden) {
        Claim dead = takeOver(hidden);
        if (dead != null) {
            dead.close();
        }
    }

    private static UserException busy(String id) {
        return new UserException("another command is at work on the container " + id.substring(0, 12)
                + ", or it runs; wait for it or stop it first");
    }

    /** Whether an open file has a name still: one that has not was removed by somebody else. */
    private static boolean isLinked(Memory memory, long number) {
        long stat = memory.allocate(144);
        KERNEL.call(Nr.FSTAT, number, stat);
        return memory.getLong(stat + 16) != 0;
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
            if (!lock(memory, number, F_OFD_SETLK) || !isLinked(memory, number)) {
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

    /** {@return whether a live process answers for a container} Looks only, so that nobody meets a lock of this. */
    static boolean isHeld(Path file) {
        try (Memory memory = KERNEL.lend()) {
            long number = KERNEL.call(Nr.OPENAT, AT_FDCWD, memory.string(file.toString()), O_RDWR_CLOEXEC);
            if (number < 0) {
                return false;
            }
            boolean held = lock(memory, number, F_OFD_GETLK);
            KERNEL.call(Nr.CLOSE, number);
            return held;
        }
    }

    /**
     * Takes the lock or asks about it (fcntl_locking(2), open file description locks: they are shared by whoever has a
     * copy of the descriptor, and end with the last of them).
     *
     * @return for F_OFD_SETLK whether it was free, for F_OFD_GETLK whether another has it
     */
    private static boolean lock(Memory memory, long fd, int command) {
        long lock = memory.allocate(32); // struct flock; length 0 is the whole file
        memory.bytes().putShort(memory.offset(lock), F_WRLCK);
        long done = KERNEL.call(Nr.FCNTL, fd, command, lock);
        return done == 0 && (command == F_OFD_SETLK || memory.bytes().getShort(memory.offset(lock)) != F_UNLCK);
    }

    /**
     * Writes down the container's first process.
     *
     * @param pid its process id
     * @param keeper its keeper's process id; 0 when this process keeps it
     * @throws HostException if the disk is full or the process is gone
     */
    void record(long pid, long keeper) {
        String before = read(fd);
        // Another keeper of the same process changes nothing about when that began.
        long since = number(word(before, 0)) == pid ? started(before) : System.currentTimeMillis();
        write(pid + " " + startOrZero(pid) + " " + keeper + " " + startOrZero(keeper) + " " + bootId() + " " + since
                + "\n");
    }

    /**
     * Writes down that the container is being removed: who takes over goes on with that.
     *
     * @param volumes whether its volumes without a name go, too
     */
    void giveUp(boolean volumes) {
        write((volumes ? FRESH : DOOMED) + " 0 0 " + bootId() + "\n");
    }

    /** {@return whether the container was being removed, but not its volumes} */
    boolean keepsVolumes() {
        return read(fd).startsWith(DOOMED);
    }

    private static String startOrZero(long pid) {
        String start = pid == 0 ? "" : startTime(pid);
        return start.isEmpty() ? "0" : start;
    }

    /** {@return the descriptor that holds the lock; others may hold copies of it} */
    int number() {
        return fd.number();
    }

    /** {@return whether the container was being made and has never been started, or was being removed} */
    boolean isFresh() {
        return read(fd).startsWith(FRESH) || keepsVolumes();
    }

    /** {@return whether a process was to outlive the command that started the container} */
    boolean isKept() {
        String keeper = word(read(fd), 2);
        return !keeper.isEmpty() && !keeper.equals("0");
    }

    /** {@return the process id that the container's keeper has or had; 0 when it had none} */
    long keeper() {
        return number(word(read(fd), 2));
    }

    /** {@return whether the container's first process was made} */
    boolean hasRun() {
        return hasRun(read(fd));
    }

    static boolean hasRun(String text) {
        String pid = word(text, 0);
        return !pid.isEmpty() && !pid.equals("0") && !pid.equals("new") && !pid.equals("del");
    }

    /** {@return when the first process was made, milliseconds since the epoch; 0 when none was} */
    long started() {
        return started(read(fd));
    }

    /** {@return a word of the first line; empty when it has not that many} */
    private static String word(String text, int index) {
        int end = text.indexOf('\n');
        int at = 0;
        for (int i = 0; i < index && at >= 0 && at < end; i++) {
            at = text.indexOf(' ', at) + 1;
            at = at == 0 ? -1 : at;
        }
        if (at < 0 || at >= end) {
            return "";
        }
        int space = text.indexOf(' ', at);
        return text.substring(at, space < 0 || space > end ? end : space);
    }

    private static String bootId() {
        return SmallFile.read("/proc/sys/kernel/random/boot_id").strip();
    }

    /** {@return when the first process of a claim's text was made, milliseconds since the epoch; 0 when none was} */
    static long started(String text) {
        return hasRun(text) ? number(word(text, 5)) : 0;
    }

    /** {@return a decimal number; 0 for what is none, cut short or damaged} */
    private static long number(String digits) {
        long number = 0;
        for (int i = 0; i < digits.length(); i++) {
            int digit = digits.charAt(i) - '0';
            if (digit < 0 || digit > 9 || i > 17) {
                return 0;
            }
            number = 10 * number + digit;
        }
        return number;
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
            KERNEL.call(Nr.FTRUNCATE, fd.number(), text.length);
        }
    }

    /** {@return the recorded process id if that very process still exists in this boot; 0 otherwise} */
    long livingPid() {
        String text = read(fd);
        return word(text, 4).equals(bootId()) ? livingPid(text) : 0;
    }

    /** {@return where the container's cgroups may be} */
    List<String> places() {
        return places;
    }

    /**
     * Lets go of the claim but leaves the file: to another process that holds a copy of its descriptor, or so that the
     * next process cleans up what this one could not.
     */
    void abandon() {
        fd.close();
    }

    /** {@return the first process of a claim's text if that very process lives; 0 otherwise} */
    static long livingPid(String text) {
        return living(word(text, 0), word(text, 1));
    }

    /** {@return the keeper of a claim's text if that very process lives; 0 otherwise} */
    static long livingKeeper(String text) {
        return living(word(text, 2), word(text, 3));
    }

    private static long living(String pidText, String start) {
        long pid = number(pidText);
        return pid > 0 && !start.isEmpty() && startTime(pid).equals(start) ? pid : 0;
    }

    /**
     * Field 22 of proc_pid_stat(5); the name in field 2 may hold anything, so counting starts behind its last bracket.
     * Empty for a process that has ended and only waits to be noticed.
     */
    private static String startTime(long pid) {
        String stat = SmallFile.read("/proc/" + pid + "/stat");
        int at = stat.lastIndexOf(')') + 2;
        if (at > 1 && at < stat.length() && (stat.charAt(at) == 'Z' || stat.charAt(at) == 'X')) {
            return "";
        }
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
