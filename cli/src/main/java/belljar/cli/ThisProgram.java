package belljar.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** How this process was started, so that another one can be started likewise. */
final class ThisProgram {
    private static volatile int arguments = -1;

    private ThisProgram() {}

    /** Notes how many of the words on the command line are the program's own. */
    static void started(int count) {
        arguments = count;
    }

    /**
     * {@return the Java virtual machine by its absolute path and all that it was given before the program's own
     * arguments; empty when this is not known, as in a test's process}
     */
    static List<String> words() {
        if (arguments < 0) {
            return List.of();
        }
        try {
            String line = new String(Files.readAllBytes(Path.of("/proc/self/cmdline")), StandardCharsets.UTF_8);
            List<String> words = Text.split(line.endsWith("\0") ? line.substring(0, line.length() - 1) : line, '\0');
            List<String> own = new ArrayList<>(words.subList(0, Math.max(1, words.size() - arguments)));
            own.set(0, Files.readSymbolicLink(Path.of("/proc/self/exe")).toString());
            return own;
        } catch (IOException hidden) {
            return List.of();
        }
    }
}
