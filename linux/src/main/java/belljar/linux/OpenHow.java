package belljar.linux;

/**
 * How openat2(2) opens: {@code struct open_how}.
 *
 * @param flags of {@link OpenFlags}; O_CLOEXEC is added
 * @param mode permission bits of a file it makes, else 0
 * @param resolve the {@code RESOLVE_*} flags below
 */
public record OpenHow(int flags, int mode, int resolve) {
    /** Refuse to cross a mount point, also one of the same file system. */
    public static final int NO_XDEV = 1;

    /** Refuse the kernel's magic links, such as those in {@code /proc/self/fd}. */
    public static final int NO_MAGICLINKS = 2;

    /** Refuse every symbolic link on the way. */
    public static final int NO_SYMLINKS = 4;

    /** Refuse to leave the directory that the path starts at, also by absolute links. */
    public static final int BENEATH = 8;

    /** Take the directory for {@code /}: absolute links and {@code ..} stay within it. */
    public static final int IN_ROOT = 0x10;

    /**
     * {@return the way to open something that must lie below a directory with no symbolic link on the way}
     *
     * @param flags of {@link OpenFlags}
     */
    public static OpenHow beneath(int flags) {
        return new OpenHow(flags, 0, BENEATH | NO_SYMLINKS | NO_MAGICLINKS);
    }

    /**
     * {@return the way to open something as a process would whose root is the directory}
     *
     * @param flags of {@link OpenFlags}
     */
    public static OpenHow inRoot(int flags) {
        return new OpenHow(flags, 0, IN_ROOT | NO_MAGICLINKS);
    }
}
