package belljar.bench;

import belljar.linux.Fs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * A directory of this process that goes, with all in it, when it is closed; and whatever else has to go by then. For
 * one thread.
 */
final class Scratch implements AutoCloseable {
    private static final int AT_FDCWD = -100;
    private static final int O_DIRECTORY = 0x10000;
    private static final int O_CLOEXEC = 0x80000;

    private final Path parent;
    private final Path path;
    private final Deque<Runnable> atEnd = new ArrayDeque<>();

    private Scratch(Path parent, Path path) {
        this.parent = parent;
        this.path = path;
    }

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

    /** {@return where it is} */
    Path path() {
        return path;
    }

    /**
     * Sees to it that something is undone when this is closed, before the directory goes and after what was asked for
     * later. Is to be called before the thing is done, since half of it may be done when it fails.
     *
     * @param undo undoes it, and does no harm where there is nothing to undo
     */
    void atEnd(Runnable undo) {
        atEnd.push(undo);
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

    /** Undoes everything, however much of it fails; then throws the first failure, with the others suppressed. */
    @Override
    public void close() {
        atEnd.addLast(() -> removeTree(parent, parent.relativize(path).toString()));
        RuntimeException failure = null;
        while (!atEnd.isEmpty()) {
            try {
                atEnd.pop().run();
            } catch (RuntimeException e) {
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
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
