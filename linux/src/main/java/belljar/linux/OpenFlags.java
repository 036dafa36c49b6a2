package belljar.linux;

/** Flags of open(2) on x86-64. {@link Fs} adds O_CLOEXEC to every open. */
public final class OpenFlags {
    /** Open for reading. */
    public static final int RDONLY = 0;

    /** Open for writing. */
    public static final int WRONLY = 1;

    /** Open for reading and writing. */
    public static final int RDWR = 2;

    /** Make the file when it is missing. */
    public static final int CREAT = 0x40;

    /** With {@link #CREAT}: fail when the name exists, even as a dangling link. */
    public static final int EXCL = 0x80;

    /** Do not become the controlling terminal. */
    public static final int NOCTTY = 0x100;

    /** Cut the file to nothing. */
    public static final int TRUNC = 0x200;

    /** Write at the end. */
    public static final int APPEND = 0x400;

    /** Do not block. */
    public static final int NONBLOCK = 0x800;

    /** Fail unless it is a directory. */
    public static final int DIRECTORY = 0x10000;

    /** Fail when the last component is a symbolic link (with {@link #PATH}: open the link itself). */
    public static final int NOFOLLOW = 0x20000;

    /** Do not change the access time. */
    public static final int NOATIME = 0x40000;

    /** Close on exec. */
    public static final int CLOEXEC = 0x80000;

    /** A handle to a place in the tree, not to content. */
    public static final int PATH = 0x200000;

    /** A file without a name in the given directory. */
    public static final int TMPFILE = 0x410000;

    private OpenFlags() {}
}
