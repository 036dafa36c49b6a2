package belljar.container;

import belljar.linux.DirectoryEntry;
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

    private final Fs fs;
    private final byte[] buffer = new byte[CHUNK];

    CopyUp(Stub stub) {
        this.fs = new Fs(stub);
    }

    /**
     * Copies a directory's content.
     *
     * @param from the directory in the image, any descriptor of it in the stub
     * @param to the root of the new file system
     */
    void copy(int from, int to) {
        int source = fs.open(from, ".", OpenFlags.RDONLY | OpenFlags.DIRECTORY | OpenFlags.CLOEXEC, 0);
        int target = fs.open(to, ".", OpenFlags.RDONLY | OpenFlags.DIRECTORY | OpenFlags.CLOEXEC, 0);
        Stat stat = fs.stat(source);
        fs.chown(target, stat.uid(), stat.gid());
        fs.chmod(target, stat.permissions());
        children(source, target);
        fs.close(source);
        fs.close(target);
    }

    private void children(int source, int target) {
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
                children(below, made);
                fs.close(below);
                fs.close(made);
            } else if (stat.isRegular()) {
                file(source, target, name, stat);
            }
        }
    }

    private void file(int source, int target, String name, Stat stat) {
        FsContent content = fs.content();
        int in = fs.open(source, name, OpenFlags.RDONLY | OpenFlags.NOFOLLOW | OpenFlags.CLOEXEC, 0);
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
