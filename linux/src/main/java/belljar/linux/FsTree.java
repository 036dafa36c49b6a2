package belljar.linux;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/** Directory listings, and the removal of whole trees. */
final class FsTree {
    /** One descriptor each; deeper directories are moved up to the top of the tree before they are entered. */
    private static final int MAX_DEPTH = 48;

    private static final int ATTEMPTS = 8;
    private static final String MOVED = ".belljar-removed-";

    private final Fs fs;
    private final ArrayDeque<String> moved = new ArrayDeque<>();
    private int movedCount;
    private int top = -1;

    FsTree(Fs fs) {
        this.fs = fs;
    }

    static List<DirectoryEntry> list(Caller caller, int fd) {
        List<DirectoryEntry> entries = new ArrayList<>();
        Errno.check("lseek", "read a directory", caller.call(Nr.LSEEK, fd, 0, 0));
        try (Memory memory = caller.lend()) {
            int size = memory.free() & ~7;
            long buffer = memory.allocateDirty(size);
            while (true) {
                long n = Errno.check("getdents64", "read a directory", caller.call(Nr.GETDENTS64, fd, buffer, size));
                if (n == 0) {
                    return entries;
                }
                parse(memory, buffer, (int) n, entries);
            }
        }
    }

    /** struct linux_dirent64: d_ino 0, d_off 8, d_reclen 16 (2 bytes), d_type 18, d_name 19. */
    private static void parse(Memory memory, long buffer, int length, List<DirectoryEntry> into) {
        byte[] name = new byte[256];
        int start = memory.offset(buffer);
        int at = start;
        while (at < start + length) {
            int record = memory.bytes().getShort(at + 16) & 0xffff;
            int n = 0;
            while (n < name.length && memory.bytes().get(at + 19 + n) != 0) {
                name[n] = memory.bytes().get(at + 19 + n);
                n++;
            }
            boolean self = n == 1 && name[0] == '.' || n == 2 && name[0] == '.' && name[1] == '.';
            if (!self) {
                // d_type is the mode's type shifted right by 12
                int type = (memory.bytes().get(at + 18) & 0xf) << 12;
                into.add(new DirectoryEntry(
                        FileName.decode(name, 0, n), type, memory.bytes().getLong(at)));
            }
            at += record;
        }
    }

    boolean remove(int dirfd, String name) {
        long result = fs.tryUnlink(dirfd, name, 0);
        if (result == 0) {
            return true;
        }
        if (result == -Errno.ENOENT) {
            return false;
        }
        // unlinkat on a directory: EISDIR on Linux, EPERM as POSIX has it on some file systems
        if (result != -Errno.EISDIR && result != -Errno.EPERM) {
            throw Errno.failure("unlinkat", "remove " + FileName.show(name), result);
        }
        int fd = open(dirfd, name);
        if (fd == -Errno.ENOENT) {
            return false;
        }
        if (fd < 0) {
            throw Errno.failure("openat2", "remove " + FileName.show(name), fd);
        }
        top = fd;
        try {
            empty(fd, 1);
            while (!moved.isEmpty()) {
                directory(fd, moved.pop(), 1);
            }
        } finally {
            fs.close(fd);
        }
        return fs.unlink(dirfd, name, At.REMOVEDIR);
    }

    private void empty(int fd, int depth) {
        // Others may add names meanwhile; after some rounds the removal of the directory itself reports it.
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            boolean clean = true;
            for (DirectoryEntry entry : fs.list(fd)) {
                if (entry.type() == Stat.DIRECTORY) {
                    clean &= directory(fd, entry.name(), depth);
                    continue;
                }
                long result = fs.tryUnlink(fd, entry.name(), 0);
                if (result == -Errno.EISDIR) {
                    clean &= directory(fd, entry.name(), depth);
                } else if (result != -Errno.ENOENT) {
                    Fs.check("unlinkat", "remove ", entry.name(), result);
                }
            }
            if (clean) {
                return;
            }
        }
    }

    /** Removes a directory; false when its name was moved to the top or is still in use. */
    private boolean directory(int parent, String name, int depth) {
        if (parent == top && name.startsWith(MOVED) && moved.contains(name)) {
            return true;
        }
        long result = fs.tryUnlink(parent, name, At.REMOVEDIR);
        if (result == 0 || result == -Errno.ENOENT) {
            return true;
        }
        if (depth >= MAX_DEPTH) {
            String temporary = MOVED + movedCount++;
            result = fs.tryRename(parent, name, top, temporary, Fs.RENAME_NOREPLACE);
            if (result == 0) {
                moved.push(temporary);
                return true;
            }
            if (result == -Errno.EEXIST) {
                return false;
            }
            throw Errno.failure("renameat2", "remove " + FileName.show(name), result);
        }
        int fd = open(parent, name);
        if (fd == -Errno.ENOENT || fd == -Errno.ENOTDIR) {
            return false;
        }
        Fs.check("openat2", "remove ", name, fd);
        try {
            empty(fd, depth + 1);
        } finally {
            fs.close(fd);
        }
        result = fs.tryUnlink(parent, name, At.REMOVEDIR);
        if (result == -Errno.ENOTEMPTY) {
            return false;
        }
        Fs.check("unlinkat", "remove ", name, result == -Errno.ENOENT ? 0 : result);
        return true;
    }

    private int open(int parent, String name) {
        int resolve = OpenHow.BENEATH | OpenHow.NO_SYMLINKS | OpenHow.NO_XDEV;
        OpenHow how = new OpenHow(OpenFlags.DIRECTORY | OpenFlags.NOFOLLOW, 0, resolve);
        int fd = fs.tryOpen(parent, name, how);
        if (fd == -Errno.EACCES) {
            // Its owner may remove what it may not read.
            fs.chmod(parent, name, 0700);
            fd = fs.tryOpen(parent, name, how);
        }
        return fd;
    }
}
