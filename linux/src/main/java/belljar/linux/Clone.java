package belljar.linux;

/** Flags of clone3(2), unshare(2) and setns(2), and the layout of {@code struct clone_args} ({@code linux/sched.h}). */
public final class Clone {
    /** Share the memory. */
    public static final long VM = 0x100;

    /** Hold the caller until the child executes a program. */
    public static final long VFORK = 0x4000;

    /** Store a pidfd. */
    public static final long PIDFD = 0x1000;

    /** The child's parent is the caller's parent. */
    public static final long PARENT = 0x8000;

    /** Store the child's id in the parent's memory. */
    public static final long PARENT_SETTID = 0x100000;

    /** A new mount namespace. */
    public static final long NEWNS = 0x20000;

    /** A new time namespace. */
    public static final long NEWTIME = 0x80;

    /** A new cgroup namespace. */
    public static final long NEWCGROUP = 0x2000000;

    /** A new UTS namespace. */
    public static final long NEWUTS = 0x4000000;

    /** A new IPC namespace. */
    public static final long NEWIPC = 0x8000000;

    /** A new user namespace. */
    public static final long NEWUSER = 0x10000000;

    /** A new PID namespace. */
    public static final long NEWPID = 0x20000000;

    /** A new network namespace. */
    public static final long NEWNET = 0x40000000;

    /** Set all signal handlers to their default. */
    public static final long CLEAR_SIGHAND = 0x100000000L;

    /** Start the child in a cgroup of version 2. */
    public static final long INTO_CGROUP = 0x200000000L;

    /** Size of {@code struct clone_args} in version 2, bytes. */
    static final int ARGS_SIZE = 88;

    /** Offset of {@code flags}. */
    static final int ARGS_FLAGS = 0;

    /** Offset of {@code pidfd}. */
    static final int ARGS_PIDFD = 8;

    /** Offset of {@code parent_tid}. */
    static final int ARGS_PARENT_TID = 24;

    /** Offset of {@code exit_signal}. */
    static final int ARGS_EXIT_SIGNAL = 32;

    /** Offset of {@code cgroup}. */
    static final int ARGS_CGROUP = 80;

    private Clone() {}
}
