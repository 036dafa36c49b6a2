package belljar.engine;

/**
 * The running container that an {@link AttachClient} is attached to. Descriptors are this process's and stay the
 * maker's.
 */
public interface AttachTarget {
    /** {@return the container's first process, as the host sees it} */
    long pid();

    /** {@return a descriptor that polls readable when the first process has ended, as pidfd_open(2)} */
    int pidfd();

    /** {@return where input goes: the writing end of standard input's pipe, or the terminal; -1 for nowhere} */
    int input();

    /** {@return the container's terminal, master side; -1 when it has none} */
    int terminal();

    /** The caller's input is at its end. To close {@link #input()} and every other copy of it, unless a terminal. */
    void inputEnded();

    /** {@return whether all that the container wrote is in its log, because whoever wrote the log is done} */
    boolean logged();

    /** {@return the exit code; asked when the first process has ended and its log is complete} */
    int exitCode();
}
