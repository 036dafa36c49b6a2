package belljar.integration;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The small processes without a program of their own that stand by containers: keepers and loggers. */
final class Stubs {
    private Stubs() {}

    /** {@return keepers, loggers, and first processes that have no program yet} */
    static Set<Long> all() {
        Set<Long> found = new HashSet<>();
        for (Long pid : pids()) {
            if (commandLine(pid).equals("belljar-stub\0")) {
                found.add(pid);
            }
        }
        return found;
    }

    /** {@return those that were not there before} */
    static Set<Long> since(Set<Long> before) {
        Set<Long> now = all();
        now.removeAll(before);
        return now;
    }

    /** {@return processes whose words are these; their ends of strings count as blanks} */
    static Set<Long> running(String words) {
        Set<Long> found = new HashSet<>();
        for (Long pid : pids()) {
            if (commandLine(pid).replace('\0', ' ').strip().equals(words)) {
                found.add(pid);
            }
        }
        return found;
    }

    /** {@return the keeper that answers for a container; 0 while there is none} */
    static long keeper(Belljar belljar, String id) {
        return claim(belljar, id, 2);
    }

    /** {@return the first process of a container; 0 while there is none} */
    static long first(Belljar belljar, String id) {
        return claim(belljar, id, 0);
    }

    private static long claim(Belljar belljar, String id, int word) {
        String[] words = text(belljar.state().resolve("live/" + id)).split(" ", -1);
        boolean number = words.length > word && words[word].matches("\\d+");
        return number ? Long.parseLong(words[word]) : 0;
    }

    /** {@return the logger that a keeper started} */
    static long logger(long keeper) {
        Set<Long> stubs = all();
        return ProcessHandle.of(keeper)
                .orElseThrow()
                .children()
                .map(ProcessHandle::pid)
                .filter(stubs::contains)
                .findFirst()
                .orElseThrow();
    }

    /** Kills a process, and waits until it does nothing more; its parent may take its time to wait for it. */
    static void kill(long pid) {
        ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
        Await.until("process " + pid + " is dead", () -> ended(pid));
    }

    /** Holds a process where it is, so that what it would do next is not done when it is killed. */
    static void freeze(long pid) {
        Program.run("kill", "-s", "STOP", String.valueOf(pid)).good();
        Await.until("process " + pid + " is held", () -> stateOf(pid) == 'T');
    }

    /** {@return whether a process has ended and nobody has waited for it, or somebody has} */
    static boolean ended(long pid) {
        char state = stateOf(pid);
        return state == 'Z' || state == 'X' || state == ' ';
    }

    /** {@return the letter that proc_pid_stat(5) has for the state of a process; a blank when it is gone} */
    private static char stateOf(long pid) {
        String stat = text(Path.of("/proc/" + pid + "/stat"));
        int name = stat.lastIndexOf(')');
        return name < 0 ? ' ' : stat.charAt(name + 2);
    }

    private static List<Long> pids() {
        return ProcessHandle.allProcesses().map(ProcessHandle::pid).toList();
    }

    private static String commandLine(long pid) {
        return text(Path.of("/proc/" + pid + "/cmdline"));
    }

    /** {@return what is in a file; nothing when it is gone, as those of processes and claims may be at any time} */
    private static String text(Path file) {
        try {
            return Files.exists(file) ? Files.readString(file) : "";
        } catch (IOException gone) {
            if (Files.exists(file) && !file.startsWith("/proc")) {
                throw new UncheckedIOException(gone);
            }
            return "";
        }
    }
}
