package belljar.cli;

import belljar.failure.UserException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Reads files that an option names. */
final class UserFiles {
    private UserFiles() {}

    /**
     * {@return a file's content as UTF-8}
     *
     * @param option the option that names it, for messages
     * @param file its path
     * @throws UserException if it cannot be read
     */
    static String read(String option, Path file) {
        try {
            return Files.readString(file);
        } catch (NoSuchFileException e) {
            throw new UserException(option + ": the file " + file + " does not exist; correct its path", e);
        } catch (CharacterCodingException e) {
            throw new UserException(option + ": the file " + file + " is not text in UTF-8; convert it", e);
        } catch (IOException e) {
            String reason = Files.isDirectory(file) ? "it is a directory" : String.valueOf(e.getMessage());
            throw new UserException(option + ": the file " + file + " cannot be read: " + reason, e);
        }
    }
}
