package belljar.microvm;

import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.linux.At;
import belljar.linux.DiskFile;
import belljar.linux.Fd;
import belljar.linux.Fs;
import belljar.linux.OpenFlags;
import belljar.virtio.Disk;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.StandardOpenOption;

/**
 * A disk in a file that has its blocks one after the other. The file is locked (fcntl_locking(2)): by many machines
 * that only read, or by one that writes. Its size is that at the beginning. What the guest discards becomes a hole.
 */
final class FileDisk implements Disk {
    private static final int PIECE = 1 << 16;

    private final FileChannel channel;
    private final Fd fd;
    private final long size;
    private final boolean readOnly;

    private FileDisk(FileChannel channel, Fd fd, long size, boolean readOnly) {
        this.channel = channel;
        this.fd = fd;
        this.size = size;
        this.readOnly = readOnly;
    }

    /**
     * Opens one.
     *
     * @param spec which
     * @throws UserException if there is no such file, it is no disk, or another machine has it
     * @throws HostException if it cannot be opened
     */
    static FileDisk open(DiskSpec spec) {
        try {
            return attempt(spec);
        } catch (NoSuchFileException e) {
            throw new UserException("there is no disk " + spec.file() + "; make it, or correct the path", e);
        } catch (IOException e) {
            throw new HostException("cannot open the disk " + spec.file() + ": " + e, e);
        }
    }

    private static FileDisk attempt(DiskSpec spec) throws IOException {
        if (Files.exists(spec.file()) && !Files.isRegularFile(spec.file())) {
            throw new UserException("the disk " + spec.file() + " is not a file; give a raw image's path");
        }
        // The channel cannot be asked for its descriptor, by which the file is locked and loses parts.
        FileChannel channel = spec.readOnly()
                ? FileChannel.open(spec.file(), StandardOpenOption.READ)
                : FileChannel.open(spec.file(), StandardOpenOption.READ, StandardOpenOption.WRITE);
        int access = spec.readOnly() ? OpenFlags.RDONLY : OpenFlags.RDWR;
        try {
            Fd fd = new Fd(Fs.HOST.open(At.FDCWD, spec.file().toString(), access | OpenFlags.CLOEXEC, 0));
            try {
                DiskFile.lock(fd.number(), spec.file(), !spec.readOnly());
                if (channel.size() < 512) {
                    throw new UserException("the disk " + spec.file() + " has " + channel.size()
                            + " bytes, less than one block; give a raw image's path");
                }
                return new FileDisk(channel, fd, channel.size(), spec.readOnly());
            } catch (IOException | RuntimeException e) {
                fd.close();
                throw e;
            }
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public boolean isReadOnly() {
        return readOnly;
    }

    @Override
    public void read(ByteBuffer to, long at) throws IOException {
        long next = at;
        while (to.hasRemaining()) {
            int count = channel.read(to, next);
            if (count < 0) {
                throw new EOFException("the file has become shorter");
            }
            next += count;
        }
    }

    @Override
    public void write(ByteBuffer from, long at) throws IOException {
        long next = at;
        while (from.hasRemaining()) {
            next += channel.write(from, next);
        }
    }

    @Override
    public void flush() throws IOException {
        channel.force(false);
    }

    /**
     * Has all that was written be on the host's disk.
     *
     * @throws HostException if that fails
     */
    void sync() {
        try {
            flush();
        } catch (IOException e) {
            throw new HostException("cannot write a machine's disk to the host's: " + e, e);
        }
    }

    @Override
    public void zero(long at, long length) throws IOException {
        if (length > 0 && DiskFile.punch(fd.number(), at, length)) {
            return;
        }
        ByteBuffer zeros = ByteBuffer.allocateDirect((int) Math.min(PIECE, length));
        for (long done = 0; done < length; done += zeros.capacity()) {
            zeros.clear().limit((int) Math.min(zeros.capacity(), length - done));
            write(zeros, at + done);
        }
    }

    @Override
    public void close() {
        fd.close();
        try {
            channel.close();
        } catch (IOException e) {
            // What the guest has flushed is on the disk; nobody can be told about the rest.
            return;
        }
    }
}
