package belljar.integration;

import belljar.linux.Errno;
import belljar.linux.Fd;
import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A terminal with somebody in front of it: a pseudo-terminal (pty(7)), a shell whose session it controls, and commands
 * that are run on it one after the other. What they write is gathered, and waited for piece by piece.
 */
final class Pty implements AutoCloseable {
    private static final int TIOCSPTLCK = 0x40045431;
    private static final int TIOCGPTN = 0x80045430;
    private static final int TIOCSWINSZ = 0x5414;
    private static final int TCGETS = 0x5401;
    private static final int O_RDWR = 2;
    private static final int O_NOCTTY = 0x100;
    private static final int O_CLOEXEC = 0x80000;
    private static final int AT_FDCWD = -100;
    /** Flags, line discipline and 19 characters of the kernel's struct termios. */
    private static final int TERMIOS = 36;

    private static final int MOST_SECONDS = 5;
    private static final int CHUNK = 4096;
    private static final HostKernel KERNEL = HostKernel.INSTANCE;

    private final Fd master;
    private final Fd slave;
    private final Process shell;
    private final StringBuilder written = new StringBuilder();
    private int seen;

    private Pty(Fd master, Fd slave, Process shell) {
        this.master = master;
        this.slave = slave;
        this.shell = shell;
        Thread.ofPlatform().daemon().start(this::gather);
    }

    /** {@return a new one of a size} */
    static Pty open(int rows, int columns) {
        Machine.needs("setsid");
        try (Memory memory = KERNEL.lend()) {
            Fd master = new Fd(opened("/dev/ptmx"));
            long number = memory.allocate(4);
            Errno.check("ioctl", "unlock a terminal", KERNEL.call(Nr.IOCTL, master.number(), TIOCSPTLCK, number));
            Errno.check("ioctl", "name a terminal", KERNEL.call(Nr.IOCTL, master.number(), TIOCGPTN, number));
            String place = "/dev/pts/" + memory.getInt(number);
            Pty made = new Pty(master, new Fd(opened(place)), shell(place));
            made.resize(rows, columns);
            return made;
        }
    }

    /** It stays behind each command, since with the leader of its session a terminal hangs up. */
    private static Process shell(String place) {
        String loop = "exec 9<>" + place
                + "; while read -r line; do (eval \"exec $line\") <&9 >&9 2>&9 9>&-; echo $?; done # " + Scratch.ROOT;
        try {
            return new ProcessBuilder("setsid", "sh", "-c", loop)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int opened(String path) {
        try (Memory memory = KERNEL.lend()) {
            return (int) Errno.check(
                    "openat",
                    "open " + path,
                    KERNEL.call(Nr.OPENAT, AT_FDCWD, memory.string(path), O_RDWR | O_NOCTTY | O_CLOEXEC));
        }
    }

    /** Changes the size, as whoever draws at the window's corner. */
    void resize(int rows, int columns) {
        try (Memory memory = KERNEL.lend()) {
            long size = memory.allocate(8);
            memory.putInt(size, rows | columns << 16);
            Errno.check("ioctl", "resize a terminal", KERNEL.call(Nr.IOCTL, master.number(), TIOCSWINSZ, size));
        }
    }

    /** {@return its mode: what stty(1) shows, as digits} */
    String mode() {
        try (Memory memory = KERNEL.lend()) {
            long termios = memory.allocate(2 * TERMIOS);
            Errno.check("ioctl", "ask for a mode", KERNEL.call(Nr.IOCTL, slave.number(), TCGETS, termios));
            byte[] bytes = new byte[TERMIOS];
            memory.bytes().get(memory.offset(termios), bytes);
            return HexFormat.of().formatHex(bytes);
        }
    }

    /** Types keys. */
    void type(String keys) {
        try (Memory memory = KERNEL.lend()) {
            byte[] bytes = keys.getBytes(StandardCharsets.UTF_8);
            Errno.check("write", "type", KERNEL.call(Nr.WRITE, master.number(), memory.copy(bytes), bytes.length));
        }
    }

    /** Starts a command in the foreground; its words hold no line ends. */
    void run(List<String> command) {
        StringBuilder line = new StringBuilder();
        for (String word : command) {
            line.append('\'').append(word.replace("'", "'\\''")).append("' ");
        }
        line.append('\n');
        try {
            shell.getOutputStream().write(line.toString().getBytes(StandardCharsets.UTF_8));
            shell.getOutputStream().flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends the command a signal. */
    void signal(String name) {
        String pid = String.valueOf(shell.children().findAny().orElseThrow().pid());
        Program.run("kill", "-s", name, pid).good();
    }

    /** {@return the command's exit code, once it has ended} */
    int code() {
        BufferedReader reader = shell.inputReader();
        try {
            Await.until("the command has ended", () -> ready(reader));
            return Integer.parseInt(reader.readLine());
        } catch (AssertionError e) {
            throw new AssertionError(e.getMessage() + "; so far it shows: " + text(), e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean ready(BufferedReader reader) {
        try {
            return reader.ready();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until something is written behind what was waited for before. */
    void shows(String expected) {
        try {
            Await.until("the terminal shows '" + expected + "'", () -> found(expected));
        } catch (AssertionError e) {
            throw new AssertionError(e.getMessage() + "; so far it shows: " + text(), e);
        }
    }

    private boolean found(String expected) {
        synchronized (written) {
            int at = written.indexOf(expected, seen);
            if (at >= 0) {
                seen = at + expected.length();
            }
            return at >= 0;
        }
    }

    /** {@return all that was written since the beginning} */
    String text() {
        synchronized (written) {
            return written.toString();
        }
    }

    private void gather() {
        try (Memory memory = KERNEL.lend(2 * CHUNK)) {
            long buffer = memory.allocate(CHUNK);
            while (true) {
                long n = KERNEL.call(Nr.READ, master.number(), buffer, CHUNK);
                if (n <= 0) {
                    master.close();
                    return;
                }
                synchronized (written) {
                    written.append(memory.text(buffer, (int) n));
                }
            }
        }
    }

    /** Lets the shell end, and with it whatever still runs here hang up. */
    @Override
    public void close() {
        slave.close();
        try {
            shell.getOutputStream().close();
            if (!shell.waitFor(MOST_SECONDS, TimeUnit.SECONDS)) {
                shell.destroyForcibly();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
