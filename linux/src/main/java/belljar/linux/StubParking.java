package belljar.linux;

/** Copies of descriptors with high numbers, so that laying them out in the child cannot overwrite one another. */
final class StubParking {
    /** The most descriptors that a stub can be given. */
    static final int CAPACITY = 20;

    /** Descriptors to be laid out in the child wait from this number on, out of the way of their targets. */
    static final int LOWEST = 64;

    static final int F_DUPFD_CLOEXEC = 1030;

    private static final HostKernel HOST = HostKernel.INSTANCE;

    /** The copies. */
    final int[] from = new int[CAPACITY];

    /** The numbers they get. */
    final int[] to = new int[CAPACITY];

    /** How many there are. */
    int count;

    void add(int fd, int target) {
        from[count] =
                (int) Errno.check("fcntl", "copy a file descriptor", HOST.call(Nr.FCNTL, fd, F_DUPFD_CLOEXEC, LOWEST));
        to[count++] = target;
    }

    void close() {
        for (int i = 0; i < count; i++) {
            HOST.call(Nr.CLOSE, from[i]);
        }
    }
}
