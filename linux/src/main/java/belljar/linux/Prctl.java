package belljar.linux;

/** Operations of prctl(2), from {@code linux/prctl.h}. All act on the calling thread or its process. */
public final class Prctl {
    /** Signal that the process gets when the thread that started it ends. */
    public static final int SET_PDEATHSIG = 1;

    /** Whether the process can be traced and dumped, and who owns its files in procfs. */
    public static final int SET_DUMPABLE = 4;

    /** Keep permitted capabilities over a change of user ids. */
    public static final int SET_KEEPCAPS = 8;

    /** The thread's name. */
    public static final int SET_NAME = 15;

    /** Remove a capability from the bounding set. */
    public static final int CAPBSET_DROP = 24;

    /** The secure bits of capabilities(7). */
    public static final int SET_SECUREBITS = 28;

    /** Adopt orphaned descendants. */
    public static final int SET_CHILD_SUBREAPER = 36;

    /** Never gain privileges by execve. */
    public static final int SET_NO_NEW_PRIVS = 38;

    /** Ambient capabilities; the second argument is one of the following. */
    public static final int CAP_AMBIENT = 47;

    /** {@code PR_CAP_AMBIENT_IS_SET}. */
    public static final int AMBIENT_IS_SET = 1;

    /** {@code PR_CAP_AMBIENT_RAISE}. */
    public static final int AMBIENT_RAISE = 2;

    /** {@code PR_CAP_AMBIENT_CLEAR_ALL}. */
    public static final int AMBIENT_CLEAR_ALL = 4;

    private Prctl() {}
}
