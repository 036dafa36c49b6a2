package belljar.cli;

import belljar.failure.HostException;
import belljar.failure.UserException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** An archive that is read from a file or from standard input. */
final class InputFile {
    private InputFile() {}

    /** Takes the bytes of an archive. */
    interface Reader {
        /** Reads the archive; the stream is closed by the caller. */
        void read(InputStream in);
    }

    /**
     * Reads an archive.
     *
     * @param name its path, or {@code -} for standard input
     * @param reader takes its bytes
     */
    static void read(String name, Reader reader) {
        if (name.equals("-")) {
            reader.read(System.in);
            return;
        }
        Path file = Path.of(name);
        if (Files.isDirectory(file)) {
            throw new UserException(name + " is a directory; name an archive");
        }
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
            reader.read(in);
        } catch (NoSuchFileException e) {
            throw new UserException("the file " + name + " does not exist; correct its path", e);
        } catch (IOException e) {
            throw new HostException("the file " + name + " cannot be read: " + e.getMessage(), e);
        }
    }
}
