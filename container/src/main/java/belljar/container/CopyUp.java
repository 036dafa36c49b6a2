package belljar.container;

import belljar.failure.GuestException;
import belljar.failure.HostException;
import belljar.linux.DirectoryEntry;
import belljar.linux.Errno;
import belljar.linux.Fs;
import belljar.linux.FsContent;
import belljar.linux.OpenFlags;
import belljar.linux.Stat;
import belljar.linux.Stub;

/**
 * Copies what the image has at a place into the new file system that will cover it ({@code tmpcopyup}): directories,
 * files and links with their owners and modes. The stub copies, since ids and paths are the container's.
 */
final class CopyUp {
    private static final int AT_SYMLINK_NOFOLLOW = 0x100;
    private static final int CHUNK = 64 * 1024;

    /** Each level holds two descriptors open. */
    private static final int MAX_DEPTH = 128;

    private static final int O_NONBLOCK = 0x800;

    private final Fs fs;
    private final String place;
    private final boolean owned;
    private final byte[] buffer = new byte[CHUNK];

    /**
     * @param stub who copies
     * @param place the path in the container, for messages
     * @param owned whether the tmpfs was asked for with an owner or a mode, which the directory's do not replace
     */
    CopyUp(Stub stub, String place, boolean owned) {
        this.fs = new Fs(stub);
        this.place = place;
        this.owned = owned;
    }

    /**
     * Copies a directory's content.
     *
     * @param from the directory in the image, any descriptor of it in the stub
     * @param to the root of the new file system
     * @throws GuestException if it does not fit, or its directories are nested too deeply
     */
    void copy(int from, int to) {
        try {
            copyAll(from, to);
        } catch (HostException e) {
            if (e.errno() == Errno.ENOSPC) {
                throw new GuestException(
                        "what the image has at " + place + " does not fit into the tmpfs there; give that a larger"
                                + " size, or the option notmpcopyup",
                        126);
            }
            throw e;
        }
    }

    private void copyAll(int from, int to) {
        int source = fs.open(from, ".", OpenFlags.RDONLY | OpenFlags.DIRECTORY | OpenFlags.CLOEXEC, 0);
        int target = fs.open(to, ".", OpenFlags.RDONLY | OpenFlags.DIRECTORY | OpenFlags.CLOEXEC, 0);
        Stat stat = fs.stat(source);
        if (!owned) {
            fs.chown(target, stat.uid(), stat.gid());
            fs.chmod(target, stat.permissions());
        }
        children(source, target, 1);
        fs.close(source);
        fs.close(target);
    }

    private void children(int source, int target, int depth) {
        if (depth > MAX_DEPTH) {
            throw new GuestException(
                    "the image's directories at " + place + " are nested more than " + MAX_DEPTH
                            + " deep, which is not copied into a tmpfs; give that the option notmpcopyup",
                    126);
        }
        for (DirectoryEntry entry : fs.list(source)) {
            String name = entry.name();
            Stat stat = fs.find(source, name).orElse(null);
            if (stat == null) {
                continue;
            }
            if (stat.isSymlink()) {
                fs.symlink(fs.readlink(source, name), target, name);
                fs.chown(target, name, stat.uid(), stat.gid(), AT_SYMLINK_NOFOLLOW);
            } else if (stat.isDirectory()) {
                fs.mkdir(target, name, 0700);
                int flags = OpenFlags.RDONLY | OpenFlags.DIRECTORY | OpenFlags.NOFOLLOW | OpenFlags.CLOEXEC;
                int below = fs.open(source, name, flags, 0);
                int made = fs.open(target, name, flags, 0);
                fs.chown(made, stat.uid(), stat.gid());
                fs.chmod(made, stat.permissions());
                children(below, made, depth + 1);
                fs.close(below);
                fs.close(made);
            } else if (stat.isRegular()) {
                file(source, target, name, stat);
            }
        }
    }

    private void file(int source, int target, String name, Stat stat) {
        FsContent content = fs.content();
        // The name may stand for a fifo by now, where another container writes to the same volume.
        int in = fs.open(source, name, OpenFlags.RDONLY | OpenFlags.NOFOLLOW | OpenFlags.CLOEXEC | O_NONBLOCK, 0);
        if (!fs.stat(in).isRegular()) {
            fs.close(in);
            return;
        }
        int flags = OpenFlags.WRONLY | OpenFlags.CREAT | OpenFlags.EXCL | OpenFlags.NOFOLLOW | OpenFlags.CLOEXEC;
        int out = fs.open(target, name, flags, 0600);
        int n = content.read(in, buffer, 0, CHUNK);
        while (n > 0) {
            content.write(out, buffer, 0, n);
            n = content.read(in, buffer, 0, CHUNK);
        }
        fs.chown(out, stat.uid(), stat.gid());
        fs.chmod(out, stat.permissions());
        fs.close(in);
        fs.close(out);
    }
}
