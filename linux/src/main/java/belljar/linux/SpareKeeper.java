package belljar.linux;

import belljar.failure.HostException;

/**
 * A keeper made before anybody asked for the container that it will keep, with a network namespace, which takes the
 * kernel longer than all other namespaces of a container together. It holds no claim yet and is in no cgroup of a
 * container's, and it ends with this process. What depends on the container it is told by {@link #assign}.
 *
 * <p>For one thread at a time.
 */
public final class SpareKeeper implements AutoCloseable {
    private static final HostKernel HOST = HostKernel.INSTANCE;
    private static final int SOL_SOCKET = 1;
    private static final int SCM_RIGHTS = 1;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final String WHAT = "make a network namespace";
    private static final String OWN = "/proc/self/ns/net";

    private final Keeper keeper;

    /** Where the claim is sent, to what the keeper has in its place. */
    private final Fd claims;

    /** The keeper's descriptors of the network namespace it came from and of the new one; without one, negative. */
    private final long home;

    private final long network;
    private int absent;
    private boolean claimed;
    private boolean assigned;

    private SpareKeeper(Keeper keeper, Fd claims, long home, long network) {
        this.keeper = keeper;
        this.claims = claims;
        this.home = home;
        this.network = network;
    }

    /**
     * Starts a keeper that nobody needs yet.
     *
     * @param ends the ends of three pipes that it holds; the claim is not looked at
     * @param stdin descriptor of this process that becomes the container's standard input
     * @param stdout descriptor that becomes its standard output
     * @param stderr descriptor that becomes its standard error
     * @return the keeper
     * @throws HostException if the kernel refuses
     */
    public static SpareKeeper start(Keeper.Ends ends, int stdin, int stdout, int stderr) {
        try (Memory memory = HOST.lend()) {
            long pair = memory.allocate(8);
            // AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC
            long made = HOST.call(Nr.SOCKETPAIR, 1, 0x80002, 0, pair);
            Errno.check("socketpair", "make a socket for the claim", made);
            Fd ours = new Fd(memory.getInt(pair));
            try (Fd theirs = new Fd(memory.getInt(pair + 4))) {
                Keeper.Ends all = new Keeper.Ends(ends.input(), ends.output(), ends.error(), theirs.number());
                Keeper keeper = Keeper.start(all, stdin, stdout, stderr);
                return withNetwork(keeper, ours);
            } catch (RuntimeException e) {
                ours.close();
                throw e;
            }
        }
    }

    private static SpareKeeper withNetwork(Keeper keeper, Fd claims) {
        try {
            long home = enterNew(keeper);
            return new SpareKeeper(keeper, claims, home, home < 0 ? -1 : leave(keeper, home));
        } catch (RuntimeException e) {
            keeper.close();
            throw e;
        }
    }

    /** {@return the keeper's descriptor of the network namespace that it was in; negative when it may make no other} */
    private static long enterNew(Keeper keeper) {
        try (Batch batch = keeper.batch()) {
            Batch.Step home = batch.step(WHAT, Nr.OPENAT, At.FDCWD, batch.string(OWN), OpenFlags.CLOEXEC);
            Batch.Step made = batch.step(WHAT, Nr.UNSHARE, Clone.NEWNET).tolerating(Errno.EPERM);
            batch.run();
            return made.result() < 0 ? -1 : home.result();
        }
    }

    /** {@return the keeper's descriptor of the new network namespace, which it leaves} */
    private static long leave(Keeper keeper, long home) {
        try (Batch batch = keeper.batch()) {
            Batch.Step network = batch.step(WHAT, Nr.OPENAT, At.FDCWD, batch.string(OWN), OpenFlags.CLOEXEC);
            NetworkNamespace.loopbackUp(batch);
            batch.step(WHAT, Nr.SETNS, home, Clone.NEWNET);
            batch.run();
            return network.result();
        }
    }

    /** {@return the keeper's process id} */
    public long pid() {
        return keeper.pid();
    }

    /** {@return whether it has not been killed meanwhile} */
    public boolean lives() {
        return !Pidfd.awaitEnd(keeper.pidfd(), 0);
    }

    /**
     * Gives the keeper to a container.
     *
     * @param claim descriptor of the container's claim; -1 for none
     * @param terminal whether the container has a terminal, so that the pipes are not needed
     * @param input whether its standard input is held
     * @return the keeper, ready for {@link Keeper#spawn}; it, and no longer this object, is to be closed
     * @throws HostException if the kernel refuses
     */
    public Keeper assign(int claim, boolean terminal, boolean input) {
        if (claim >= 0) {
            send(claim);
            claimed = true;
        }
        absent = terminal ? 3 : input ? 0 : 1;
        assigned = true;
        claims.close();
        keeper.wasSpare(this);
        return keeper;
    }

    private void send(int claim) {
        try (Memory memory = HOST.lend()) {
            long header = message(memory);
            long control = memory.getLong(header + 32);
            memory.putLong(control, 20); // CMSG_LEN of one descriptor
            memory.putInt(control + 8, SOL_SOCKET);
            memory.putInt(control + 12, SCM_RIGHTS);
            memory.putInt(control + 16, claim);
            Errno.check(
                    "sendmsg",
                    "give the claim to the keeper",
                    HOST.call(Nr.SENDMSG, claims.number(), header, MSG_NOSIGNAL));
        }
    }

    /** A {@code struct msghdr} with room for one byte and one descriptor (unix(7)). */
    private static long message(Memory memory) {
        long header = memory.allocate(56);
        long vector = memory.allocate(16);
        memory.putLong(vector, memory.allocate(8));
        memory.putLong(vector + 8, 1);
        memory.putLong(header + 16, vector);
        memory.putLong(header + 24, 1);
        memory.putLong(header + 32, memory.allocate(24));
        memory.putLong(header + 40, 24);
        return header;
    }

    /**
     * Appends what the keeper does before it starts the first process: it takes the claim, drops what the container has
     * not, and enters the network namespace, for the process to be born there.
     *
     * @param flags the namespaces to make for the process
     * @return those that are still to be made
     */
    long before(Batch batch, long flags) {
        String what = "assign the keeper";
        if (claimed) {
            long header = message(batch.memory());
            batch.step(what, Nr.RECVMSG, Keeper.CLAIM, header, 0);
            long number = batch.memory().getLong(header + 32) + 16;
            batch.step(what, Nr.DUP3, 0, Keeper.CLAIM, 0).usesValueAt(0, number);
            batch.step(what, Nr.CLOSE, 0).usesValueAt(0, number);
        } else {
            batch.step(what, Nr.DUP3, Keeper.MAIN, Keeper.CLAIM, 0);
        }
        for (int stream = 0; stream < absent; stream++) {
            // Until the first process is there, the place of its descriptor has /dev/null.
            batch.step(what, Nr.DUP3, Keeper.MAIN, Keeper.INPUT + stream, 0);
            batch.step(what, Nr.DUP3, Keeper.MAIN, Keeper.FIRST_PASSED + stream, 0);
        }
        if (network < 0 || (flags & Clone.NEWNET) == 0) {
            return flags;
        }
        batch.step("enter the network namespace", Nr.SETNS, network, Clone.NEWNET);
        return flags & ~Clone.NEWNET;
    }

    /** Appends what the keeper does when the first process is there. */
    void after(Batch batch) {
        if (network >= 0) {
            batch.step("leave the network namespace", Nr.SETNS, home, Clone.NEWNET);
        }
    }

    /** Ends a keeper that nobody needed; does nothing to one that was given to a container. Never fails. */
    @Override
    public void close() {
        if (!assigned) {
            claims.close();
            keeper.close();
        }
    }
}
