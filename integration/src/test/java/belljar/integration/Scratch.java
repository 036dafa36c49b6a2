package belljar.integration;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.atomic.AtomicInteger;

/** Directories of these tests, all below one whose name tells what on this machine is theirs. */
final class Scratch {
    /** The one directory; it is gone when the tests have ended. */
    static final Path ROOT = make();

    private static final AtomicInteger NUMBER = new AtomicInteger();

    private Scratch() {}

    private static Path make() {
        try {
            Path root = Files.createTempDirectory(Path.of("/tmp"), "belljar-it-");
            // Tests without root have to get to their own part.
            Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxr-xr-x"));
            // Trees of images hold directories that Java's own ways cannot remove without root's rights or openat2.
            Runtime.getRuntime().addShutdownHook(new Thread(() -> remove(root)));
            return root;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@return a new, empty directory} */
    static Path directory(String name) {
        try {
            return Files.createDirectory(ROOT.resolve(name + "-" + NUMBER.incrementAndGet()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Removes a directory with all that is in it. */
    static void remove(Path directory) {
        Program.run("chmod", "-R", "u+rwX", directory.toString());
        Program.run("rm", "-rf", "--one-file-system", directory.toString());
    }

    /** Writes a file, makes the directories above it, and returns its path. */
    static Path write(Path file, String text) {
        try {
            Files.createDirectories(file.getParent());
            return Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
