package belljar.cli;

import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Starts this process over with all compilers. The launcher lets a run be interpreted, because most find their image
 * present and end before compiling has paid for itself; one that must fetch an image digests and unpacks, which wants
 * compiled code. Nothing has happened by then that the second start would not do again.
 */
final class Compiled {
    /** The launcher's options for a brief process stand from this one to the mark. */
    static final String OFF = "-XX:-AOTReplayTraining";

    /** See {@link #OFF}. */
    static final String MARK = "-D" + Main.BRIEF + "=1";

    private static final HostKernel KERNEL = HostKernel.INSTANCE;
    private static final int SIG_SETMASK = 2;

    private Compiled() {}

    /** Does not return where the process could be started over; otherwise it goes on, only slower. */
    static void startOver() {
        if (System.getProperty(Main.BRIEF) == null) {
            return;
        }
        try {
            byte[] line = compiled(Files.readAllBytes(Path.of("/proc/self/cmdline")));
            byte[] environment = Files.readAllBytes(Path.of("/proc/self/environ"));
            // As bytes, since neither need be text in any one encoding.
            int pointers = 8 * (count(line) + count(environment) + 2);
            try (Memory memory = KERNEL.lend(line.length + environment.length + pointers + 4096)) {
                long argv = strings(memory, line);
                long envp = strings(memory, environment);
                KERNEL.call(Nr.RT_SIGPROCMASK, SIG_SETMASK, memory.allocate(8), 0, 8);
                KERNEL.call(Nr.EXECVE, memory.string("/proc/self/exe"), argv, envp);
            }
        } catch (IOException unreadable) {
            return;
        }
    }

    private static int count(byte[] strings) {
        int count = 0;
        for (byte b : strings) {
            count += b == 0 ? 1 : 0;
        }
        return count;
    }

    /**
     * {@return a command line without the launcher's options for a brief process} Only the first such words are the
     * launcher's; the same may stand behind them, meant for the container's program.
     *
     * @param line the words of the command line, each followed by a NUL
     */
    static byte[] compiled(byte[] line) {
        int from = find(line, bytes(OFF), 0);
        int to = from < 0 ? -1 : find(line, bytes(MARK), from);
        if (to < 0) {
            return line;
        }
        int rest = to + MARK.length() + 1;
        byte[] compiled = Arrays.copyOf(line, from + line.length - rest);
        System.arraycopy(line, rest, compiled, from, line.length - rest);
        return compiled;
    }

    private static byte[] bytes(String word) {
        return word.getBytes(StandardCharsets.US_ASCII);
    }

    /** {@return where the first such word begins; -1 when there is none} */
    private static int find(byte[] line, byte[] word, int start) {
        int at = start;
        for (int end = start; end < line.length; end++) {
            if (line[end] == 0) {
                if (Arrays.equals(line, at, end, word, 0, word.length)) {
                    return at;
                }
                at = end + 1;
            }
        }
        return -1;
    }

    /** An array of pointers to NUL-terminated strings. */
    private static long strings(Memory memory, byte[] strings) {
        long copy = memory.copy(strings);
        long array = memory.allocate(8 * (count(strings) + 1));
        int used = 0;
        int start = 0;
        for (int end = 0; end < strings.length; end++) {
            if (strings[end] == 0) {
                memory.putLong(array + 8L * used++, copy + start);
                start = end + 1;
            }
        }
        return array;
    }
}
