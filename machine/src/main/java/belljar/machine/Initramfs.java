package belljar.machine;

import belljar.failure.BugException;
import belljar.failure.UserException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import java.util.zip.GZIPOutputStream;

/**
 * Writes the archive that Linux unpacks as its first file system (Linux'
 * Documentation/driver-api/early-userspace/buffer-format.rst): cpio in the format "newc". All belongs to root and has
 * no time; inodes are numbered as they come, so that the same calls give the same bytes. Linux creates no directories
 * by itself, so those above an entry that were not added are added before it, with mode 0755. For one thread.
 */
public final class Initramfs {
    private static final int TYPE = 0xF000;
    private static final int DIRECTORY = 0x4000;
    private static final int CHARACTER_DEVICE = 0x2000;
    private static final int FILE = 0x8000;
    private static final int LINK = 0xA000;
    private static final int PERMISSIONS = 07777;
    private static final String TRAILER = "TRAILER!!!";
    private static final byte[] NOTHING = {};
    private static final byte[] DIGITS = "0123456789ABCDEF".getBytes(StandardCharsets.US_ASCII);

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final Set<String> paths = new HashSet<>();
    private boolean finished;

    /** Creates an archive without anything in it. */
    public Initramfs() {}

    /**
     * Adds a directory with mode 0755.
     *
     * @param path its path, without a slash at its beginning or end
     * @return this
     * @throws UserException if the path is no such path, or was added before
     */
    public Initramfs directory(String path) {
        return directory(path, 0755);
    }

    /**
     * Adds a directory.
     *
     * @param path its path, without a slash at its beginning or end
     * @param mode its permission bits
     * @return this
     * @throws UserException if the path is no such path, or was added before
     */
    public Initramfs directory(String path, int mode) {
        return entry(path, DIRECTORY | mode & PERMISSIONS, NOTHING, 0, 0);
    }

    /**
     * Adds a file.
     *
     * @param path its path, without a slash at its beginning or end
     * @param mode its permission bits
     * @param content its bytes
     * @return this
     * @throws UserException if the path is no such path, or was added before
     */
    public Initramfs file(String path, int mode, byte[] content) {
        return entry(path, FILE | mode & PERMISSIONS, content, 0, 0);
    }

    /**
     * Adds a symbolic link.
     *
     * @param path its path, without a slash at its beginning or end
     * @param target where it leads
     * @return this
     * @throws UserException if the path is no such path, or was added before
     */
    public Initramfs link(String path, String target) {
        return entry(path, LINK | 0777, target.getBytes(StandardCharsets.UTF_8), 0, 0);
    }

    /**
     * Adds a character device.
     *
     * @param path its path, without a slash at its beginning or end
     * @param mode its permission bits
     * @param major its major number
     * @param minor its minor number
     * @return this
     * @throws UserException if the path is no such path, or was added before
     */
    public Initramfs device(String path, int mode, int major, int minor) {
        return entry(path, CHARACTER_DEVICE | mode & PERMISSIONS, NOTHING, major, minor);
    }

    private Initramfs entry(String path, int mode, byte[] content, int major, int minor) {
        if (finished) {
            throw new BugException("'" + path + "' is added to an initial RAM disk that is finished", null);
        }
        check(path);
        for (int slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
            String above = path.substring(0, slash);
            if (paths.add(above)) {
                write(paths.size(), above, DIRECTORY | 0755, NOTHING, 0, 0);
            }
        }
        if (!paths.add(path)) {
            throw new UserException(
                    "'" + path + "' comes twice in the initial RAM disk, or after what is in it; leave one out");
        }
        write(paths.size(), path, mode, content, major, minor);
        return this;
    }

    private static void check(String path) {
        String all = "/" + path + "/";
        boolean odd = all.contains("//") || all.contains("/./") || all.contains("/../") || path.indexOf(0) >= 0;
        if (odd || path.equals(TRAILER)) {
            throw new UserException("'" + path + "' cannot be a path in an initial RAM disk; give one like 'etc/hosts',"
                    + " without slashes around it and without dots that lead elsewhere");
        }
    }

    private void write(int inode, String path, int mode, byte[] content, int major, int minor) {
        byte[] name = (path + "\0").getBytes(StandardCharsets.UTF_8);
        int links = (mode & TYPE) == DIRECTORY ? 2 : 1;
        int[] fields = {inode, mode, 0, 0, links, 0, content.length, 0, 0, major, minor, name.length, 0};
        out.writeBytes("070701".getBytes(StandardCharsets.US_ASCII));
        for (int field : fields) {
            for (int shift = 28; shift >= 0; shift -= 4) {
                out.write(DIGITS[field >>> shift & 15]);
            }
        }
        out.writeBytes(name);
        pad();
        out.writeBytes(content);
        pad();
    }

    private void pad() {
        while (out.size() % 4 != 0) {
            out.write(0);
        }
    }

    /** {@return the archive} Nothing can be added afterwards. */
    public byte[] finish() {
        if (!finished) {
            finished = true;
            write(0, TRAILER, 0, NOTHING, 0, 0);
        }
        return out.toByteArray();
    }

    /** {@return the archive, packed with gzip} Nothing can be added afterwards. */
    public byte[] finishPacked() {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(finish());
        } catch (IOException e) {
            throw new BugException("memory cannot be written to: " + e.getMessage(), e);
        }
        return packed.toByteArray();
    }
}
