package belljar.cli;

import belljar.failure.BelljarException;
import belljar.linux.CommandSocket;
import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Carries out the commands that arrive at a socket, each in a thread of its own, from callers that are in every respect
 * as this process: anybody else is sent away, and starts a JVM. A caller that ends interrupts its command.
 */
final class StandbyServer {
    /** How long it stays without anything to do, in milliseconds. */
    static final int IDLE_MILLIS = 5_000;

    /** More callers at a time than this wait until others are done. */
    private static final int AT_ONCE = 32;

    /** The courier's own name and the socket stand before the program's words. */
    private static final int PROGRAM = 2;

    private static final int ROUND_MILLIS = 1000;
    private static final int LEAVING_MILLIS = 20;
    private static final int POLLIN = 1;
    private static final int POLL_ENTRY = 8;
    private static final HostKernel KERNEL = HostKernel.INSTANCE;

    /** Variables that differ between a script's commands and mean nothing to Belljar. */
    private static final Set<String> IGNORED = Set.of("_", "PWD", "OLDPWD", "SHLVL", "COLUMNS", "LINES");

    private final CommandSocket socket;
    private final Path root;
    private final Path state;
    private final @Nullable CallerTraits traits = CallerTraits.of("self");
    private final Set<String> environment;
    private final List<String> program;
    private final List<Call> calls = new ArrayList<>();

    /**
     * @param socket where commands arrive
     * @param session where this process works
     */
    StandbyServer(CommandSocket socket, Session session) {
        this.socket = socket;
        root = session.root();
        state = session.state();
        program = session.origin().program().get();
        environment = relevant(environment());
    }

    /** A caller, and the thread that works for it. Used by the serving thread alone. */
    private static final class Call {
        final CommandSocket.Connection connection;
        final Thread thread;
        boolean gone;

        Call(CommandSocket.Connection connection, Thread thread) {
            this.connection = connection;
            this.thread = thread;
        }
    }

    /** Serves until there has been nothing to do for a while, or the socket's file is not there any more. */
    void serve() {
        long idleSince = System.nanoTime();
        while (true) {
            if (await()) {
                socket.accept().ifPresent(this::begin);
            }
            release();
            if (!calls.isEmpty()) {
                idleSince = System.nanoTime();
            } else if ((System.nanoTime() - idleSince) / 1_000_000 > IDLE_MILLIS
                    || !Files.exists(Standby.socket(state))) {
                return;
            }
        }
    }

    private void begin(CommandSocket.Connection connection) {
        Thread thread = Thread.ofPlatform().name("command").start(() -> {
            try {
                carryOut(connection);
            } catch (BelljarException notTaken) {
                connection.decline();
            }
        });
        calls.add(new Call(connection, thread));
    }

    /**
     * Waits until somebody connects or a caller has gone, for a second at most. A caller goes when it has its answer,
     * or because it was ended; then nobody wants the rest of its command.
     *
     * @return whether somebody may have connected
     */
    private boolean await() {
        List<Call> watched = new ArrayList<>();
        boolean leaving = false;
        for (Call call : calls) {
            leaving |= call.gone;
            if (!call.gone) {
                watched.add(call);
            }
        }
        try (Memory memory = KERNEL.lend()) {
            long entries = memory.allocate(POLL_ENTRY * (watched.size() + 1));
            for (int i = 0; i < watched.size(); i++) {
                // No event is asked for: that the other end has gone is told anyway.
                entry(
                        memory,
                        entries + (long) POLL_ENTRY * i,
                        watched.get(i).connection.fd(),
                        0);
            }
            long last = entries + (long) POLL_ENTRY * watched.size();
            entry(memory, last, calls.size() < AT_ONCE ? socket.fd() : -1, POLLIN);
            KERNEL.call(Nr.POLL, entries, watched.size() + 1, leaving ? LEAVING_MILLIS : ROUND_MILLIS);
            for (int i = 0; i < watched.size(); i++) {
                if (memory.getInt(entries + (long) POLL_ENTRY * i + 4) >>> 16 != 0) {
                    watched.get(i).gone = true;
                    watched.get(i).thread.interrupt();
                }
            }
            return memory.getInt(last + 4) >>> 16 != 0;
        }
    }

    private static void entry(Memory memory, long at, int fd, int events) {
        memory.putInt(at, fd);
        memory.putInt(at + 4, events);
    }

    /** Frees what callers had that have gone, once nobody works for them any more. */
    private void release() {
        for (Iterator<Call> each = calls.iterator(); each.hasNext(); ) {
            Call call = each.next();
            if (call.gone && !call.thread.isAlive()) {
                call.connection.close();
                each.remove();
            }
        }
    }

    private void carryOut(CommandSocket.Connection connection) {
        CommandSocket.Message message = connection.receive();
        int main = message.words().indexOf(Main.class.getName());
        Invocation invocation = main < 0 ? null : understand(message.words(), main);
        // The caller waits for an answer, so its process id is still its own when it has been looked at.
        CallerTraits theirs = CallerTraits.of(Integer.toString(connection.pid()));
        if (invocation == null
                || theirs == null
                || !theirs.equals(traits)
                || !relevant(message.environment()).equals(environment)) {
            connection.decline();
            return;
        }
        connection.accept();
        int out = connection.streams().get(1).number();
        int err = connection.streams().get(2).number();
        PrintStream toOut = new PrintStream(new DescriptorOutput(out), false, StandardCharsets.UTF_8);
        PrintStream toErr = new PrintStream(new DescriptorOutput(err), true, StandardCharsets.UTF_8);
        List<String> launch = message.words().subList(PROGRAM, main + 1);
        Origin origin = new Origin(System.getenv(), toOut, toErr, out, err, () -> launch);
        int code = Main.guarded(toErr, () -> invocation.run(origin));
        toOut.flush();
        connection.done(code);
    }

    /**
     * {@return the command, where it is one for this process: of the same program on the same directories, and one that
     * may be handed over}
     */
    private @Nullable Invocation understand(List<String> words, int main) {
        if (words.size() <= PROGRAM || !sameProgram(words.subList(PROGRAM, main))) {
            return null;
        }
        for (String word : words) {
            if (!ascii(word)) {
                return null;
            }
        }
        try {
            Arguments global = Arguments.parse("", Main.globalOptions(), words.subList(main + 1, words.size()), true);
            if (global.flag("version")
                    || global.flag("help")
                    || global.operands().isEmpty()) {
                return null;
            }
            Invocation invocation = Invocation.of(global);
            return here(global.value("root"), Locations.root(global.value("root"), System.getenv()), root)
                            && here(
                                    global.value("state"),
                                    Locations.state(global.value("state"), System.getenv()),
                                    state)
                            && invocation.canBeHandedOver()
                    ? invocation
                    : null;
        } catch (BelljarException wrong) {
            // Its own process says what is wrong with it.
            return null;
        }
    }

    /** A relative path would be taken for one below this process's directory. */
    private static boolean here(String option, Path named, Path own) {
        return (option.isEmpty() || option.startsWith("/")) && named.equals(own);
    }

    /** Whether the class path and the virtual machine are this process's. */
    private boolean sameProgram(List<String> words) {
        int theirs = words.indexOf("-cp");
        int ours = program.indexOf("-cp");
        return theirs >= 0
                && ours >= 0
                && theirs + 1 < words.size()
                && words.get(theirs + 1).equals(program.get(ours + 1))
                && sameFile(words.get(0), program.get(0));
    }

    private static boolean sameFile(String one, String other) {
        try {
            return Files.isSameFile(Path.of(one), Path.of(other));
        } catch (IOException gone) {
            return false;
        }
    }

    private static boolean ascii(String word) {
        for (int i = 0; i < word.length(); i++) {
            if (word.charAt(i) >= 0x80) {
                return false;
            }
        }
        return true;
    }

    private static List<String> environment() {
        try {
            String all = new String(Files.readAllBytes(Path.of("/proc/self/environ")), StandardCharsets.ISO_8859_1);
            return all.isEmpty() ? List.of() : Text.split(all.substring(0, all.length() - 1), '\0');
        } catch (IOException hidden) {
            return List.of();
        }
    }

    private static Set<String> relevant(List<String> environment) {
        Set<String> kept = new HashSet<>();
        for (String entry : environment) {
            int end = entry.indexOf('=');
            if (!IGNORED.contains(end < 0 ? entry : entry.substring(0, end))) {
                kept.add(entry);
            }
        }
        return kept;
    }

    /** Waits; an interruption ends that. */
    static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
