package belljar.container;

import belljar.linux.Errno;
import belljar.linux.Fd;
import belljar.linux.HostKernel;
import belljar.linux.Keeper;
import belljar.linux.Memory;
import belljar.linux.Nr;
import belljar.linux.SpareKeeper;
import belljar.sandbox.Stdio;
import java.util.ArrayList;
import org.jspecify.annotations.Nullable;

/** The pipes between a container and its keeper, as long as this process has its copies of their ends. */
final class KeptStreams implements AutoCloseable {
    private static final int O_CLOEXEC = 0x80000;
    private static final int NONE = -1;

    private final ArrayList<Fd> open = new ArrayList<>();

    /** Standard input, output and error: the ends of the container and of the keeper. */
    private final int[] inside = {NONE, NONE, NONE};

    private final int[] outside = {NONE, NONE, NONE};

    private @Nullable SpareKeeper spare;
    private boolean terminal;
    private boolean holdInput;

    private KeptStreams() {}

    /** Makes the pipes; with a terminal there are none, since its master comes from the container. */
    static KeptStreams of(boolean terminal, boolean holdInput) {
        KeptStreams streams = new KeptStreams();
        try {
            for (int i = 0; i < 3 && !terminal; i++) {
                if (i > 0 || holdInput) {
                    streams.pipe(i);
                }
            }
            return streams;
        } catch (RuntimeException e) {
            streams.close();
            throw e;
        }
    }

    private void pipe(int stream) {
        HostKernel kernel = HostKernel.INSTANCE;
        try (Memory memory = kernel.lend()) {
            long pair = memory.allocate(8);
            Errno.check("pipe2", "make a pipe for the container", kernel.call(Nr.PIPE2, pair, O_CLOEXEC));
            int read = memory.getInt(pair);
            int write = memory.getInt(pair + 4);
            open.add(new Fd(read));
            open.add(new Fd(write));
            inside[stream] = stream == 0 ? read : write;
            outside[stream] = stream == 0 ? write : read;
        }
    }

    Stdio inside() {
        return new Stdio(inside[0], inside[1], inside[2]);
    }

    /** Makes three pipes, and a keeper with no container yet. */
    static KeptStreams ahead() {
        KeptStreams streams = of(false, true);
        try {
            int[] in = streams.inside;
            Keeper.Ends ends = new Keeper.Ends(streams.outside[0], streams.outside[1], streams.outside[2], NONE);
            streams.spare = SpareKeeper.start(ends, in[0], in[1], in[2]);
            return streams;
        } catch (RuntimeException e) {
            streams.close();
            throw e;
        }
    }

    /** {@return whether the keeper that was made ahead can still be used} */
    boolean lives() {
        return spare != null && spare.lives();
    }

    /** {@return the process id of the keeper that was made ahead; 0 without one} */
    long sparePid() {
        return spare == null ? 0 : spare.pid();
    }

    /** Says which of the streams that were made ahead there are. */
    void use(boolean hasTerminal, boolean holdsInput) {
        terminal = hasTerminal;
        holdInput = holdsInput;
        for (int i = 0; i < 3; i++) {
            if (hasTerminal || i == 0 && !holdsInput) {
                inside[i] = NONE;
            }
        }
    }

    /** Starts the keeper, or gives the one that was made ahead to the container. */
    Keeper keeper(int claim) {
        if (spare != null) {
            return spare.assign(claim, terminal, holdInput);
        }
        Keeper.Ends ends = new Keeper.Ends(outside[0], outside[1], outside[2], claim);
        return Keeper.start(ends, inside[0], inside[1], inside[2]);
    }

    @Override
    public void close() {
        if (spare != null) {
            spare.close();
        }
        for (Fd fd : open) {
            fd.close();
        }
    }
}
