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
 * Starts this process over with a compiler. The launcher lets a run be interpreted, because most find their image
 * present and end before compiling has paid for itself; one that must fetch an image digests and unpacks, which wants
 * compiled code. Nothing has happened by then that the second start would not do again.
 */
final class Compiled {
    /** Set by the launcher where it turned the compilers off. */
    private static final String INTERPRETED = "belljar.interpreted";

    private static final byte[] OFF = "-Xint".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] MARK = ("-D" + INTERPRETED + "=1").getBytes(StandardCharsets.US_ASCII);
    private static final HostKernel KERNEL = HostKernel.INSTANCE;
    private static final int SIG_SETMASK = 2;

    private Compiled() {}

    /** Does not return where the process could be started over; otherwise it goes on, only slower. */
    static void startOver() {
        if (System.getProperty(INTERPRETED) == null) {
            return;
        }
        try {
            byte[] line = Files.readAllBytes(Path.of("/proc/self/cmdline"));
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

    /** An array of pointers to NUL-terminated strings, without those that turned the compilers off. */
    private static long strings(Memory memory, byte[] strings) {
        long copy = memory.copy(strings);
        long array = memory.allocate(8 * (count(strings) + 1));
        int used = 0;
        int start = 0;
        for (int end = 0; end < strings.length; end++) {
            if (strings[end] == 0) {
                byte[] string = Arrays.copyOfRange(strings, start, end);
                if (!Arrays.equals(string, OFF) && !Arrays.equals(string, MARK)) {
                    memory.putLong(array + 8L * used++, copy + start);
                }
                start = end + 1;
            }
        }
        return array;
    }
}
