package belljar.cli;

import belljar.failure.BelljarException;
import belljar.linux.At;
import belljar.linux.DetachedProgram;
import belljar.linux.Fd;
import belljar.linux.Fs;
import belljar.linux.LockFile;
import belljar.linux.OpenFlags;
import belljar.linux.Stat;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A process that stays for a few seconds when short commands follow each other quickly, as in a script, and carries the
 * next ones out: most of a short command's time is the start of a JVM. Nothing depends on it. It keeps nothing that is
 * not in files, may be killed at any time, and goes when it has had nothing to do for
 * {@link StandbyServer#IDLE_MILLIS}.
 *
 * <p>In the state directory are its socket {@code standby}, its lock {@code standby.lock}, whose modification time is
 * that of the last short command, and {@code standby.log}.
 */
final class Standby {
    /** The variable that forbids it with the value 0. */
    static final String VARIABLE = "BELLJAR_STANDBY";

    /** Short commands that end within this time of each other are a script's: people type slower. */
    private static final long QUICK_MILLIS = 2000;

    private static final int O_RDWR = OpenFlags.RDWR | OpenFlags.CLOEXEC;
    private static final String COMMAND = "standby";

    /** The fast compiler and a small heap: it is to be warm at once, and to take little while it waits. */
    private static final List<String> OPTIONS =
            List.of("-XX:TieredStopAtLevel=1", "-XX:CompileThresholdScaling=1", "-Xms4m", "-Xmn2m", "-Xmx64m");

    private Standby() {}

    /** {@return where it listens} */
    static Path socket(Path state) {
        return state.resolve("standby");
    }

    /**
     * Notes that a short command has ended, and starts the process if another has a moment ago. Never fails.
     *
     * @param session the command's
     */
    static void consider(Session session) {
        if (session.env().getOrDefault(VARIABLE, "").equals("0")) {
            return;
        }
        try {
            Path state = session.state();
            String path = lockFile(state);
            int number = Fs.HOST.tryOpen(At.FDCWD, path, O_RDWR, 0);
            if (number < 0) {
                // The first short command of this boot.
                LockFile.open(path).close();
                return;
            }
            try (Fd lock = new Fd(number)) {
                boolean quick = quick(Fs.HOST.stat(number));
                Fs.HOST.times(number, "", 0, Fs.TIME_OMIT, 0, Fs.TIME_NOW);
                if (quick && Fs.HOST.content().lock(lock.number(), true, false)) {
                    start(session, state);
                }
            }
        } catch (BelljarException notPossible) {
            // It is a convenience; the command has succeeded without.
            return;
        }
    }

    private static boolean quick(Stat last) {
        long since = System.currentTimeMillis() - last.modifySeconds() * 1000 - last.modifyNanos() / 1_000_000;
        return since >= 0 && since < QUICK_MILLIS;
    }

    private static String lockFile(Path state) {
        return state.resolve("standby.lock").toString();
    }

    /** Its lock is free when this process has ended: it waits for that. */
    private static void start(Session session, Path state) {
        List<String> command = lasting(session.origin().program().get());
        if (!command.isEmpty()) {
            command.addAll(List.of("--root", session.root().toString(), "--state", state.toString(), COMMAND));
            DetachedProgram.start(state.resolve("standby.log").toString(), command)
                    .release();
        }
    }

    /**
     * {@return the words that start this program, with options for a process that does the same again and again in
     * place of those for a short command}
     */
    static List<String> lasting(List<String> words) {
        List<String> kept = new ArrayList<>();
        boolean brief = false;
        for (String word : words) {
            brief |= word.equals(Compiled.OFF);
            if (word.equals("-cp")) {
                kept.addAll(OPTIONS);
            }
            if (!brief) {
                kept.add(word);
            }
            brief &= !word.equals(Compiled.MARK);
        }
        return kept;
    }

    /** {@return the lock of who is the process of a state directory; null when another is} */
    static @Nullable Fd lock(Path state) {
        return LockFile.tryTake(lockFile(state));
    }
}
