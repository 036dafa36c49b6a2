package belljar.linux;

/** Special directories and flags of the {@code *at} calls ({@code linux/fcntl.h}). */
public final class At {
    /** The directory descriptor that stands for the working directory; with absolute paths it is ignored. */
    public static final int FDCWD = -100;

    /** Act on a symbolic link itself. */
    public static final int SYMLINK_NOFOLLOW = 0x100;

    /** unlinkat: remove a directory. */
    public static final int REMOVEDIR = 0x200;

    /** linkat: follow a symbolic link. */
    public static final int SYMLINK_FOLLOW = 0x400;

    /** Act on the descriptor itself when the path is empty. */
    public static final int EMPTY_PATH = 0x1000;

    private At() {}
}
