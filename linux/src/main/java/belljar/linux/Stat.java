package belljar.linux;

/**
 * What fstatat(2) tells of a file. Times are seconds since 1970 and nanoseconds (0 to 999999999).
 *
 * @param device number of the file system's device
 * @param inode inode number
 * @param links number of hard links
 * @param mode type and permission bits
 * @param uid owner
 * @param gid group
 * @param rdev device number of a device node
 * @param size bytes
 * @param blocks space taken, in units of 512 bytes
 * @param accessSeconds last access
 * @param accessNanos nanoseconds of it
 * @param modifySeconds last change of the content
 * @param modifyNanos nanoseconds of it
 * @param changeSeconds last change of the inode
 * @param changeNanos nanoseconds of it
 */
public record Stat(
        long device,
        long inode,
        long links,
        int mode,
        int uid,
        int gid,
        long rdev,
        long size,
        long blocks,
        long accessSeconds,
        int accessNanos,
        long modifySeconds,
        int modifyNanos,
        long changeSeconds,
        int changeNanos) {
    /** Mask of the type within a mode. */
    public static final int TYPE_MASK = 0xF000;

    /** Type: socket. */
    public static final int SOCKET = 0xC000;

    /** Type: symbolic link. */
    public static final int SYMLINK = 0xA000;

    /** Type: regular file. */
    public static final int REGULAR = 0x8000;

    /** Type: block device. */
    public static final int BLOCK_DEVICE = 0x6000;

    /** Type: directory. */
    public static final int DIRECTORY = 0x4000;

    /** Type: character device. */
    public static final int CHAR_DEVICE = 0x2000;

    /** Type: FIFO. */
    public static final int FIFO = 0x1000;

    /** Size of {@code struct stat}, bytes. */
    static final int SIZE = 144;

    /** Reads {@code struct stat} ({@code arch/x86/include/uapi/asm/stat.h}). */
    static Stat read(Memory memory, long at) {
        return new Stat(
                memory.getLong(at),
                memory.getLong(at + 8),
                memory.getLong(at + 16),
                memory.getInt(at + 24),
                memory.getInt(at + 28),
                memory.getInt(at + 32),
                memory.getLong(at + 40),
                memory.getLong(at + 48),
                memory.getLong(at + 64),
                memory.getLong(at + 72),
                (int) memory.getLong(at + 80),
                memory.getLong(at + 88),
                (int) memory.getLong(at + 96),
                memory.getLong(at + 104),
                (int) memory.getLong(at + 112));
    }

    /** {@return the type: one of the constants above} */
    public int type() {
        return mode & TYPE_MASK;
    }

    /** {@return the permission bits with set-user-id, set-group-id and sticky: 0 to 07777} */
    public int permissions() {
        return mode & 0xFFF;
    }

    /** {@return whether it is a directory} */
    public boolean isDirectory() {
        return type() == DIRECTORY;
    }

    /** {@return whether it is a regular file} */
    public boolean isRegular() {
        return type() == REGULAR;
    }

    /** {@return whether it is a symbolic link} */
    public boolean isSymlink() {
        return type() == SYMLINK;
    }

    /** {@return whether it is a character or block device} */
    public boolean isDevice() {
        return type() == CHAR_DEVICE || type() == BLOCK_DEVICE;
    }

    /** {@return the device node's major number, as gnu_dev_major(3)} */
    public int rdevMajor() {
        return (int) (rdev >> 8 & 0xFFF | rdev >> 32 & 0xFFFFF000L);
    }

    /** {@return the device node's minor number, as gnu_dev_minor(3)} */
    public int rdevMinor() {
        return (int) (rdev & 0xFF | rdev >> 12 & 0xFFFFFF00L);
    }

    /**
     * {@return a device number from its two halves, as gnu_dev_makedev(3)}
     *
     * @param major the major number
     * @param minor the minor number
     */
    public static long rdev(int major, int minor) {
        return (major & 0xFFFL) << 8 | (major & 0xFFFFF000L) << 32 | minor & 0xFFL | (minor & 0xFFFFFF00L) << 12;
    }
}
