package belljar.microvm;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/** A directory that gets its name when all that belongs into it is there and on the disk; else it goes away. */
final class SnapshotDirectory implements AutoCloseable {
    private final Path parent;
    private final Path path;
    private boolean kept;

    private SnapshotDirectory(Path parent, Path path) {
        this.parent = parent;
        this.path = path;
    }

    /** Makes one, for its owner alone, in the directory in which it is to be. */
    static SnapshotDirectory in(Path parent) throws IOException {
        return new SnapshotDirectory(
                parent,
                Files.createTempDirectory(
                        parent,
                        ".snapshot-",
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))));
    }

    Path path() {
        return path;
    }

    void write(String name, ByteBuffer bytes) throws IOException {
        try (FileChannel file =
                FileChannel.open(path.resolve(name), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            while (bytes.hasRemaining()) {
                file.write(bytes);
            }
            file.force(true);
        }
    }

    /** Gives it its name. Where somebody else has made something of that name meanwhile, it fails. */
    void keep(Path name) throws IOException {
        sync(path);
        Files.move(path, name);
        kept = true;
        sync(parent);
    }

    private static void sync(Path directory) throws IOException {
        try (FileChannel opened = FileChannel.open(directory, StandardOpenOption.READ)) {
            opened.force(true);
        }
    }

    @Override
    public void close() throws IOException {
        if (kept) {
            return;
        }
        for (String name : List.of(Snapshot.STATE, Snapshot.MEMORY)) {
            Files.deleteIfExists(path.resolve(name));
        }
        Files.deleteIfExists(path);
    }
}
