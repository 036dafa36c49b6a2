package belljar.sandbox;

import java.util.List;

/**
 * What keeps a container that outlives the process which makes it. A keeper, a small process of its own, is the parent
 * of the container's first process: it holds the container's streams, has a second process write the log, and records
 * how the first process ended.
 *
 * @param claim a descriptor of this process whose lock says that the container is looked after; the keeper holds a copy
 *     until all is over. Borrowed until {@link Isolation#create} returns; -1 for none
 * @param exitFile absolute path of the file that {@link ExitStatus#read} reads; written at once and as a whole when the
 *     first process has ended. Empty for none
 * @param log where the output goes
 * @param holdInput whether standard input is a pipe (or the terminal) that stays open until someone closes it; else it
 *     is {@code /dev/null}
 * @param afterwards the program, by absolute path, and arguments that the keeper becomes after the end of the container
 *     and its log, with the environment of the process that made it; empty for none
 * @param announced absolute path of a file: when it exists at the end, its maker cleans up, and {@code afterwards} is
 *     not executed. Empty for none
 */
public record Keeping(
        int claim, String exitFile, LogTarget log, boolean holdInput, List<String> afterwards, String announced) {
    /** Copies the list. */
    public Keeping {
        afterwards = List.copyOf(afterwards);
    }
}
