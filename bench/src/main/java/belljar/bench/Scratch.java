package belljar.bench;

import belljar.linux.Fs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A directory of this process that goes, with all in it, when it is closed.
 *
 * @param parent the directory that it is in
 * @param path where it is
 */
record Scratch(Path parent, Path path) implements AutoCloseable {
    private static final int AT_FDCWD = -100;
    private static final int O_DIRECTORY = 0x10000;
    private static final int O_CLOEXEC = 0x80000;

    /**
     * {@return a new one}
     *
     * @param parent the directory that holds it, on a real disk where the benchmark is about disks
     */
    static Scratch make(Path parent) {
        try {
            return new Scratch(parent, Files.createTempDirectory(parent, "bench-"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * {@return a directory in it, made now}
     *
     * @param name its name
     */
    Path directory(String name) {
        try {
            return Files.createDirectories(path.resolve(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Removes something in it, whatever it is.
     *
     * @param name its name
     */
    void remove(String name) {
        removeTree(path, name);
    }

    /** Writes all that its file system still holds in memory to the disk. */
    void sync() {
        int directory = Fs.HOST.open(AT_FDCWD, path.toString(), O_DIRECTORY | O_CLOEXEC, 0);
        try {
            Fs.HOST.content().syncFileSystem(directory);
        } finally {
            Fs.HOST.close(directory);
        }
    }

    @Override
    public void close() {
        removeTree(parent, parent.relativize(path).toString());
    }

    /** Files of image layers may be of any mode and number, which is more than Java's own file walk copes with. */
    private static void removeTree(Path parent, String name) {
        int directory = Fs.HOST.open(AT_FDCWD, parent.toString(), O_DIRECTORY | O_CLOEXEC, 0);
        try {
            Fs.HOST.removeTree(directory, name);
        } finally {
            Fs.HOST.close(directory);
        }
    }
}
