package belljar.sandbox;

/**
 * A created container. {@link #start()} and {@link #close()} are for one thread; {@link #signal}, {@link #resize} and
 * {@link #waitFor()} may be called by any.
 */
public interface Container extends AutoCloseable {
    /** {@return the process id of the container's first process as the host sees it} */
    long pid();

    /**
     * {@return the descriptor of the terminal's master side; -1 when the process has no terminal} The container owns
     * it.
     */
    int terminal();

    /**
     * {@return a descriptor that polls readable when the first process has ended, as pidfd_open(2)} The container owns
     * it.
     */
    int pidfd();

    /** {@return the process id of the keeper as the host sees it; 0 when the container ends with this process} */
    default long keeperPid() {
        return 0;
    }

    /**
     * Runs the program.
     *
     * @throws belljar.failure.GuestException if it cannot be executed
     */
    void start();

    /**
     * Sends a signal to the first process; does nothing when it has ended.
     *
     * @param number the signal's number, 1 to 64
     */
    void signal(int number);

    /**
     * Tells the terminal its size; does nothing without a terminal.
     *
     * @param rows lines, 1 to 65535
     * @param columns characters a line, 1 to 65535
     */
    void resize(int rows, int columns);

    /** {@return the exit code once the first process has ended: its own, or 128 + the signal that ended it} */
    int waitFor();

    /**
     * Kills what still runs and takes down all that {@link Isolation#create} made. A container with a keeper that was
     * started is only let go. Never fails.
     */
    @Override
    void close();
}
