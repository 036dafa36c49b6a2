package belljar.image;

import belljar.linux.FileName;
import java.util.List;
import java.util.Map;

/**
 * One entry of a tar archive, without its content. Names are text in the form of {@link FileName}, exactly as the
 * archive has them: nothing is cleaned or made safe.
 *
 * @param name the path
 * @param type what it is
 * @param mode permission bits, 0 to 07777
 * @param uid owner, 0 or more
 * @param gid group, 0 or more
 * @param size the size of a file as it is after unpacking, bytes; 0 for all else
 * @param mtimeSeconds modification time, seconds since 1970
 * @param mtimeNanos nanoseconds of it, 0 to 999999999
 * @param linkName what a link points to; else empty
 * @param userName the owner's name; may be empty
 * @param groupName the group's name; may be empty
 * @param deviceMajor major number of a device, else 0
 * @param deviceMinor minor number of a device, else 0
 * @param xattrs extended attributes by full name
 * @param extents where a sparse file has data, ascending; empty for a file that is not sparse
 */
public record TarEntry(
        String name,
        TarType type,
        int mode,
        long uid,
        long gid,
        long size,
        long mtimeSeconds,
        int mtimeNanos,
        String linkName,
        String userName,
        String groupName,
        int deviceMajor,
        int deviceMinor,
        Map<String, byte[]> xattrs,
        List<TarExtent> extents) {

    private static TarEntry of(String name, TarType type, int mode, long size, String linkName) {
        return new TarEntry(name, type, mode, 0, 0, size, 0, 0, linkName, "", "", 0, 0, Map.of(), List.of());
    }

    /**
     * {@return a regular file of root's, of 1970}
     *
     * @param name its path
     * @param mode permission bits
     * @param size its size, bytes
     */
    public static TarEntry file(String name, int mode, long size) {
        return of(name, TarType.FILE, mode, size, "");
    }

    /**
     * {@return a directory of root's, of 1970}
     *
     * @param name its path
     * @param mode permission bits
     */
    public static TarEntry directory(String name, int mode) {
        return of(name, TarType.DIRECTORY, mode, 0, "");
    }

    /**
     * {@return a symbolic link of root's, of 1970}
     *
     * @param name its path
     * @param target what it says
     */
    public static TarEntry symlink(String name, String target) {
        return of(name, TarType.SYMLINK, 0777, 0, target);
    }

    /**
     * {@return another name of an earlier entry}
     *
     * @param name the new name
     * @param target the earlier entry's name
     */
    public static TarEntry hardLink(String name, String target) {
        return of(name, TarType.HARD_LINK, 0644, 0, target);
    }

    /**
     * {@return a device node or FIFO of root's, of 1970}
     *
     * @param name its path
     * @param type {@link TarType#CHAR_DEVICE}, {@link TarType#BLOCK_DEVICE} or {@link TarType#FIFO}
     * @param mode permission bits
     * @param major the device's major number
     * @param minor the device's minor number
     */
    public static TarEntry node(String name, TarType type, int mode, int major, int minor) {
        return new TarEntry(name, type, mode, 0, 0, 0, 0, 0, "", "", "", major, minor, Map.of(), List.of());
    }

    /**
     * {@return the same entry of another owner}
     *
     * @param newUid the owner
     * @param newGid the group
     */
    public TarEntry withOwner(long newUid, long newGid) {
        return new TarEntry(
                name,
                type,
                mode,
                newUid,
                newGid,
                size,
                mtimeSeconds,
                mtimeNanos,
                linkName,
                userName,
                groupName,
                deviceMajor,
                deviceMinor,
                xattrs,
                extents);
    }

    /**
     * {@return the same entry of another time}
     *
     * @param seconds seconds since 1970
     * @param nanos nanoseconds, 0 to 999999999
     */
    public TarEntry withTime(long seconds, int nanos) {
        return new TarEntry(
                name,
                type,
                mode,
                uid,
                gid,
                size,
                seconds,
                nanos,
                linkName,
                userName,
                groupName,
                deviceMajor,
                deviceMinor,
                xattrs,
                extents);
    }

    /**
     * {@return the same entry with other extended attributes}
     *
     * @param newXattrs by full name; written in the map's order
     */
    public TarEntry withXattrs(Map<String, byte[]> newXattrs) {
        return new TarEntry(
                name,
                type,
                mode,
                uid,
                gid,
                size,
                mtimeSeconds,
                mtimeNanos,
                linkName,
                userName,
                groupName,
                deviceMajor,
                deviceMinor,
                newXattrs,
                extents);
    }

    /** {@return how many bytes of content the archive holds: less than {@link #size()} when the file is sparse} */
    public long storedSize() {
        if (extents.isEmpty()) {
            return size;
        }
        long sum = 0;
        for (TarExtent extent : extents) {
            sum += extent.length();
        }
        return sum;
    }
}
