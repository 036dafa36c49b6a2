package belljar.image;

import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.linux.Errno;
import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** File work that survives the death of its process at any instruction. */
final class StoreFiles {
    /** Names with this prefix are nobody's once their maker is dead. */
    static final String TEMPORARY = "tmp-";

    private static final int AT_FDCWD = -100;
    private static final int O_CLOEXEC = 0x80000;
    private static final int CHUNK = 32 * 1024;
    private static final AtomicLong SERIAL = new AtomicLong();

    private StoreFiles() {}

    /**
     * {@return a small file's content, or null where there is none} By plain system calls, since it is on every run's
     * path.
     */
    static byte @Nullable [] read(String path) {
        HostKernel kernel = HostKernel.INSTANCE;
        try (Memory memory = kernel.lend()) {
            long fd = kernel.call(Nr.OPENAT, AT_FDCWD, memory.string(path), O_CLOEXEC);
            if (fd == -Errno.ENOENT || fd == -Errno.ENOTDIR) {
                return null;
            }
            Errno.check("openat", "open " + path, fd);
            long buffer = memory.allocateDirty(CHUNK);
            byte[] content = new byte[0];
            while (true) {
                long n = kernel.call(Nr.READ, fd, buffer, CHUNK);
                if (n == -Errno.EINTR) {
                    continue;
                }
                if (n <= 0) {
                    kernel.call(Nr.CLOSE, fd);
                    Errno.check("read", "read " + path, n);
                    return content;
                }
                byte[] longer = java.util.Arrays.copyOf(content, content.length + (int) n);
                memory.bytes().get(memory.offset(buffer), longer, content.length, (int) n);
                content = longer;
            }
        }
    }

    /** {@return whether a path leads to something} Links are followed. */
    static boolean exists(String path) {
        try (Memory memory = HostKernel.INSTANCE.lend()) {
            return HostKernel.INSTANCE.call(Nr.ACCESS, memory.string(path), 0) == 0;
        }
    }

    /** {@return a path beside others in a directory that no other thread or process uses} */
    static Path temporary(Path directory, String hint) {
        return directory.resolve(
                TEMPORARY + hint + "-" + ProcessHandle.current().pid() + "-" + SERIAL.incrementAndGet());
    }

    /** Replaces a file in one step; afterwards it is on the disk. */
    static void replace(Path path, byte[] content) {
        Path directory = parent(path);
        Path temporary = temporary(directory, "file");
        try {
            try (FileChannel out =
                    FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                ByteBuffer bytes = ByteBuffer.wrap(content);
                while (bytes.hasRemaining()) {
                    out.write(bytes);
                }
                out.force(true);
            }
            Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE);
            syncDirectory(directory);
        } catch (IOException e) {
            deleteQuietly(temporary);
            throw failure("write " + path, e);
        }
    }

    /** Makes a symbolic link in one step, in place of what was there. */
    static void link(Path path, Path target) {
        Path directory = parent(path);
        Path temporary = temporary(directory, "link");
        try {
            Files.createSymbolicLink(temporary, target);
            Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE);
            syncDirectory(directory);
        } catch (IOException e) {
            deleteQuietly(temporary);
            throw failure("write " + path, e);
        }
    }

    static void syncDirectory(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** Makes a directory that only its owner enters, with its parents. */
    static void makeDirectory(Path directory) {
        if (Files.isDirectory(directory)) {
            return;
        }
        try {
            Files.createDirectories(
                    directory,
                    java.nio.file.attribute.PosixFilePermissions.asFileAttribute(EnumSet.of(
                            PosixFilePermission.OWNER_READ,
                            PosixFilePermission.OWNER_WRITE,
                            PosixFilePermission.OWNER_EXECUTE)));
        } catch (IOException e) {
            throw failure("make the directory " + directory, e);
        }
    }

    /** Deletes a file or a whole tree without following links; absence is no error. */
    static void deleteTree(Path path) {
        try {
            if (!Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
                Files.deleteIfExists(path);
                return;
            }
            Files.walkFileTree(path, new Deleter());
        } catch (NoSuchFileException gone) {
            // Somebody else deletes it too.
        } catch (IOException e) {
            throw failure("delete " + path, e);
        }
    }

    private static final class Deleter extends SimpleFileVisitor<Path> {
        @Override
        public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) throws IOException {
            // A layer may hold directories that even their owner cannot change; root needs no permission.
            Set<PosixFilePermission> mode = Files.getPosixFilePermissions(directory, LinkOption.NOFOLLOW_LINKS);
            if (mode.addAll(EnumSet.of(
                    PosixFilePermission.OWNER_READ,
                    PosixFilePermission.OWNER_WRITE,
                    PosixFilePermission.OWNER_EXECUTE))) {
                Files.setPosixFilePermissions(directory, mode);
            }
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
            if (e instanceof java.nio.file.AccessDeniedException
                    && Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
                Files.setPosixFilePermissions(
                        file,
                        EnumSet.of(
                                PosixFilePermission.OWNER_READ,
                                PosixFilePermission.OWNER_WRITE,
                                PosixFilePermission.OWNER_EXECUTE));
                Files.walkFileTree(file, this);
                return FileVisitResult.CONTINUE;
            }
            throw e;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e) throws IOException {
            if (e != null) {
                throw e;
            }
            Files.deleteIfExists(directory);
            return FileVisitResult.CONTINUE;
        }
    }

    static void deleteQuietly(Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            // What is left has a temporary name, and the next repair sweeps it.
        }
    }

    static Path parent(Path path) {
        Path parent = path.getParent();
        return parent == null ? Path.of(".") : parent;
    }

    /**
     * {@return a failed file operation as a sentence}
     *
     * @param what what was being done, such as {@code write /x/y}
     * @param e what the JDK threw
     */
    static HostException failure(String what, IOException e) {
        String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
        if (message.contains("No space left on device")) {
            return new HostException("cannot " + what + ": the disk is full; free some space and try again", e);
        }
        if (message.contains("Disk quota exceeded")) {
            return new HostException("cannot " + what + ": the disk quota is used up", e);
        }
        if (e instanceof FileSystemException file) {
            message = file.getReason() != null ? file.getReason() : reason(file);
        }
        return new HostException("cannot " + what + ": " + message, e);
    }

    private static String reason(FileSystemException e) {
        if (e instanceof NoSuchFileException) {
            return "no such file or directory";
        }
        if (e instanceof java.nio.file.AccessDeniedException) {
            return "permission denied";
        }
        return e instanceof java.nio.file.FileAlreadyExistsException
                ? "it exists already"
                : e.getClass().getSimpleName();
    }

    /** {@return the last component of a path; empty for the root} */
    static String leaf(Path path) {
        Path leaf = path.toAbsolutePath().normalize().getFileName();
        return leaf == null ? "" : leaf.toString();
    }

    /** Refuses to hand on a blob of the store that is no longer what its digest says. */
    static void requireDigest(ContentStore store, Descriptor blob, Digest found) {
        if (!found.equals(blob.digest())) {
            throw new HostException(
                    "the file " + store.path(blob.digest()) + " is damaged; delete it and pull or load the image again",
                    "",
                    0);
        }
    }

    /** {@return a file the user named, after checking that it can be read} */
    static Path readable(String text) {
        Path path = Path.of(text);
        if (!Files.exists(path)) {
            throw new UserException("there is no file or directory '" + text + "'");
        }
        if (!Files.isReadable(path)) {
            throw new UserException("'" + text + "' cannot be read: permission denied");
        }
        return path;
    }
}
