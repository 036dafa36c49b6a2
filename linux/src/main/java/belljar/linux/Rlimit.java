package belljar.linux;

import belljar.failure.UserException;
import java.util.Locale;

/**
 * The resource limits of getrlimit(2), in the order and with the numbers of {@code asm-generic/resource.h}. Data and
 * the reading of this process's own; limits of others are set by prlimit64 in the process they are for.
 */
public enum Rlimit {
    /** Seconds of CPU time. */
    CPU,
    /** Bytes of a file that is written. */
    FSIZE,
    /** Bytes of the data segment. */
    DATA,
    /** Bytes of the stack. */
    STACK,
    /** Bytes of a core dump. */
    CORE,
    /** Bytes of resident memory (no effect since Linux 2.6). */
    RSS,
    /** Processes and threads of the real user id. */
    NPROC,
    /** One more than the highest file descriptor. */
    NOFILE,
    /** Bytes of locked memory. */
    MEMLOCK,
    /** Bytes of address space. */
    AS,
    /** File locks (no effect since Linux 2.6). */
    LOCKS,
    /** Queued signals of the real user id. */
    SIGPENDING,
    /** Bytes in POSIX message queues of the real user id. */
    MSGQUEUE,
    /** Ceiling of the nice value, as 20 minus it. */
    NICE,
    /** Ceiling of the real-time priority. */
    RTPRIO,
    /** Microseconds of real-time CPU time without a blocking call. */
    RTTIME;

    /** No limit. */
    public static final long INFINITY = -1;

    /** Bytes of a {@code struct rlimit64}. */
    public static final int SIZE = 16;

    private static final Rlimit[] ALL = values();

    /**
     * A soft limit, which the process may change, and the hard one above it. Both as unsigned numbers, so that
     * {@link #INFINITY} is the largest.
     *
     * @param soft what holds now
     * @param hard the most that the soft limit can be raised to
     */
    public record Values(long soft, long hard) {
        /**
         * Allocates the values as a {@code struct rlimit64}.
         *
         * @param memory where to
         * @return its address
         */
        public long struct(Memory memory) {
            long struct = memory.allocate(SIZE);
            memory.putLong(struct, soft);
            memory.putLong(struct + 8, hard);
            return struct;
        }
    }

    /** {@return the number that prlimit64 takes, 0 to 15} */
    public int number() {
        return ordinal();
    }

    /** {@return the C constant's name, such as {@code RLIMIT_NOFILE}} */
    public String kernelName() {
        return "RLIMIT_" + name();
    }

    /**
     * {@return a resource by its name, in either case, with or without {@code RLIMIT_}}
     *
     * @param text such as {@code nofile}
     * @throws UserException if there is none of that name
     */
    public static Rlimit parse(String text) {
        String name = text.toUpperCase(Locale.ROOT);
        String bare = name.startsWith("RLIMIT_") ? name.substring(7) : name;
        StringBuilder names = new StringBuilder();
        for (Rlimit limit : ALL) {
            if (limit.name().equals(bare)) {
                return limit;
            }
            names.append(names.isEmpty() ? "" : ", ").append(limit.name().toLowerCase(Locale.ROOT));
        }
        throw new UserException("'" + text + "' is not a resource limit; there are " + names);
    }

    /** {@return this process's own limit of this resource} */
    public Values current() {
        try (Memory memory = HostKernel.INSTANCE.lend()) {
            long old = memory.allocate(SIZE);
            Errno.check(
                    "prlimit64",
                    "read the limit " + kernelName(),
                    HostKernel.INSTANCE.call(Nr.PRLIMIT64, 0, number(), 0, old));
            return new Values(memory.getLong(old), memory.getLong(old + 8));
        }
    }
}
