package belljar.container;

import belljar.linux.Fd;
import belljar.linux.HostKernel;
import belljar.linux.Keeper;
import belljar.linux.KeeperSearch;
import belljar.linux.Memory;
import belljar.linux.Nr;
import belljar.sandbox.Keeping;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What can be done with the keepers of running containers by any process of the same user. All methods are safe for use
 * by several threads; that a process id is still the one meant is for the caller to know, by its start time.
 */
public final class Keepers {
    private static final long TIOCSWINSZ = 0x5414;

    private Keepers() {}

    /**
     * Takes a copy of what a container's input is written to: the write end of its standard input's pipe, or the master
     * of its terminal.
     *
     * @param keeperPid its keeper
     * @return the descriptor; empty when standard input is not held or the keeper is dead
     * @throws belljar.failure.HostException if the kernel refuses, as it does another user
     */
    public static Optional<Fd> input(long keeperPid) {
        return KeeperSearch.input(keeperPid);
    }

    /**
     * Ends a container's standard input: its program reads the end of the file, once all other copies of {@link #input}
     * are closed too. Not for terminals, where the user types the end.
     *
     * @param keeperPid its keeper, alive
     */
    public static void closeInput(long keeperPid) {
        KeeperSearch.closeInput(keeperPid);
    }

    /**
     * Tells a terminal its size.
     *
     * @param master descriptor of its master
     * @param rows lines, 1 to 65535
     * @param columns characters a line, 1 to 65535
     */
    public static void resize(int master, int rows, int columns) {
        try (Memory memory = HostKernel.INSTANCE.lend()) {
            long size = memory.allocate(8);
            memory.putInt(size, rows & 0xFFFF | columns << 16);
            HostKernel.INSTANCE.call(Nr.IOCTL, master, TIOCSWINSZ, size);
        }
    }

    /**
     * Gives a container whose keeper died a new one, which takes the streams over from the logger and has a logger of
     * its own. The new keeper is not the parent of the first process: the exit file it writes has the time of the end
     * but no code. The caller holds the container's claim.
     *
     * @param keeperPid the process id that the dead keeper had
     * @param pid the container's first process, alive
     * @param keeping as for the dead one; {@code holdInput} has no meaning
     * @return the new keeper's process id; empty when the logger is dead too, so that the streams are lost: what the
     *     container writes from now on ends in SIGPIPE or, with a terminal, it got SIGHUP
     * @throws belljar.failure.HostException if the kernel refuses
     */
    public static OptionalLong adopt(long keeperPid, long pid, Keeping keeping) {
        Optional<Keeper> keeper = KeeperSearch.adopt(keeperPid, pid, keeping.claim(), Kept.plan(keeping));
        if (keeper.isEmpty()) {
            return OptionalLong.empty();
        }
        keeper.get().release();
        return OptionalLong.of(keeper.get().pid());
    }
}
