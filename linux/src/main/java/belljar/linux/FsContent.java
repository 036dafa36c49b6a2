package belljar.linux;

import belljar.failure.HostException;
import java.util.Arrays;

/**
 * The content of open files: whole reads and writes in as many calls as the caller's memory makes necessary, sizes,
 * locks and flushing. Get it from {@link Fs#content()}.
 */
public final class FsContent {
    private final Caller caller;

    FsContent(Caller caller) {
        this.caller = caller;
    }

    /**
     * Reads up to a number of bytes, in one or more calls.
     *
     * @param fd the file
     * @param into where to put them
     * @param start index of the first
     * @param length how many at most
     * @return how many were read; less than asked for only at the end of the file, or when a pipe has no more at once
     */
    public int read(int fd, byte[] into, int start, int length) {
        return read(Nr.READ, fd, into, start, length, 0);
    }

    /**
     * Reads from a place in the file, without moving its position.
     *
     * @param fd the file
     * @param into where to put the bytes
     * @param start index of the first
     * @param length how many at most
     * @param offset the place, bytes from the file's start
     * @return how many were read; less than asked for only at the end of the file
     */
    public int pread(int fd, byte[] into, int start, int length, long offset) {
        return read(Nr.PREAD64, fd, into, start, length, offset);
    }

    private int read(int nr, int fd, byte[] into, int start, int length, long offset) {
        try (Memory memory = caller.lend()) {
            int chunk = memory.free();
            long buffer = memory.allocateDirty(chunk);
            int done = 0;
            while (done < length) {
                int wanted = Math.min(chunk, length - done);
                long n = caller.call(nr, fd, buffer, wanted, offset + done);
                if (n == -Errno.EINTR) {
                    continue;
                }
                Errno.check("read", "read a file", n);
                memory.bytes().get(memory.offset(buffer), into, start + done, (int) n);
                done += (int) n;
                if (n < wanted) {
                    break;
                }
            }
            return done;
        }
    }

    /**
     * {@return the rest of an open file}
     *
     * @param fd the file
     * @param limit how many bytes it may have at most
     * @throws HostException if it has more, with EFBIG
     */
    public byte[] readAll(int fd, int limit) {
        byte[] bytes = new byte[Math.min(limit, 8192)];
        int size = 0;
        while (true) {
            int n = read(fd, bytes, size, bytes.length - size);
            if (n == 0 && size < bytes.length) {
                return Arrays.copyOf(bytes, size);
            }
            size += n;
            if (size == bytes.length) {
                if (size == limit) {
                    byte[] more = new byte[1];
                    if (read(fd, more, 0, 1) == 0) {
                        return bytes;
                    }
                    throw Errno.failure("read", "read a file of at most " + limit + " bytes", -Errno.EFBIG);
                }
                bytes = Arrays.copyOf(bytes, (int) Math.min(limit, size * 2L));
            }
        }
    }

    /**
     * Writes all bytes at the file's position.
     *
     * @param fd the file
     * @param from the bytes
     * @param start index of the first
     * @param length how many
     */
    public void write(int fd, byte[] from, int start, int length) {
        write(Nr.WRITE, fd, from, start, length, 0);
    }

    /**
     * Writes all bytes at a place in the file, without moving its position.
     *
     * @param fd the file
     * @param from the bytes
     * @param start index of the first
     * @param length how many
     * @param offset the place, bytes from the file's start
     */
    public void pwrite(int fd, byte[] from, int start, int length, long offset) {
        write(Nr.PWRITE64, fd, from, start, length, offset);
    }

    private void write(int nr, int fd, byte[] from, int start, int length, long offset) {
        try (Memory memory = caller.lend()) {
            int chunk = memory.free();
            long buffer = memory.allocateDirty(chunk);
            int done = 0;
            while (done < length) {
                int size = Math.min(chunk, length - done);
                memory.bytes().put(memory.offset(buffer), from, start + done, size);
                int written = 0;
                while (written < size) {
                    long n = caller.call(nr, fd, buffer + written, size - written, offset + done + written);
                    if (n != -Errno.EINTR) {
                        written += (int) Errno.check("write", "write a file", n);
                    }
                }
                done += size;
            }
        }
    }

    /**
     * Moves the file's position.
     *
     * @param fd the file
     * @param offset bytes
     * @param whence SEEK_SET 0, SEEK_CUR 1, SEEK_END 2, SEEK_DATA 3 or SEEK_HOLE 4 of lseek(2)
     * @return the new position, or the negated errno (ENXIO: no data after the place)
     */
    public long trySeek(int fd, long offset, int whence) {
        return caller.call(Nr.LSEEK, fd, offset, whence);
    }

    /**
     * Sets the size.
     *
     * @param fd the file
     * @param size bytes
     */
    public void truncate(int fd, long size) {
        Errno.check("ftruncate", "set a file's size to " + size + " bytes", caller.call(Nr.FTRUNCATE, fd, size));
    }

    /**
     * Reserves or frees space by fallocate(2).
     *
     * @param fd the file
     * @param mode its mode, 0 to reserve
     * @param offset first byte
     * @param length how many bytes
     */
    public void allocate(int fd, int mode, long offset, long length) {
        long result;
        do {
            result = caller.call(Nr.FALLOCATE, fd, mode, offset, length);
        } while (result == -Errno.EINTR);
        Errno.check("fallocate", "reserve " + length + " bytes of disk space", result);
    }

    /**
     * Waits until the file's content and metadata are on the disk.
     *
     * @param fd the file or directory
     */
    public void sync(int fd) {
        Errno.check("fsync", "write a file to disk", caller.call(Nr.FSYNC, fd));
    }

    /**
     * Waits until the whole file system that holds the file is on the disk.
     *
     * @param fd any file or directory on it, not opened with {@link OpenFlags#PATH}
     */
    public void syncFileSystem(int fd) {
        Errno.check("syncfs", "write a file system to disk", caller.call(Nr.SYNCFS, fd));
    }

    /**
     * Locks the open file by flock(2); closing its last descriptor unlocks it.
     *
     * @param fd the file
     * @param exclusive true for a lock that nobody shares
     * @param wait whether to wait for others
     * @return false if another holds it and waiting was not wanted
     */
    public boolean lock(int fd, boolean exclusive, boolean wait) {
        int operation = (exclusive ? 2 : 1) | (wait ? 0 : 4);
        long result;
        do {
            result = caller.call(Nr.FLOCK, fd, operation);
        } while (result == -Errno.EINTR);
        if (result == -Errno.EAGAIN) {
            return false;
        }
        Errno.check("flock", "lock a file", result);
        return true;
    }

    /**
     * Gives up the lock on an open file.
     *
     * @param fd the file
     */
    public void unlock(int fd) {
        Errno.check("flock", "unlock a file", caller.call(Nr.FLOCK, fd, 8));
    }

    /**
     * {@return the magic number of the file system (statfs(2)), such as 0x01021994 for tmpfs}
     *
     * @param fd any file on it
     */
    public long fileSystemType(int fd) {
        return statfs(fd)[0];
    }

    /**
     * {@return how many bytes users without privilege can still store on the file system}
     *
     * @param fd any file on it
     */
    public long freeBytes(int fd) {
        long[] statfs = statfs(fd);
        return statfs[4] * statfs[1];
    }

    /** {@return f_type, f_bsize, f_blocks, f_bfree, f_bavail} */
    private long[] statfs(int fd) {
        try (Memory memory = caller.lend()) {
            long buffer = memory.allocate(120);
            Errno.check("fstatfs", "look at a file system", caller.call(Nr.FSTATFS, fd, buffer));
            long[] values = new long[5];
            for (int i = 0; i < values.length; i++) {
                values[i] = memory.getLong(buffer + 8L * i);
            }
            return values;
        }
    }

    static String text(Memory memory, long at, int length) {
        byte[] bytes = new byte[length];
        memory.bytes().get(memory.offset(at), bytes);
        return FileName.decode(bytes, 0, length);
    }
}
