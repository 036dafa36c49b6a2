package belljar.engine;

import belljar.container.Keepers;
import belljar.failure.UserException;
import belljar.linux.Fd;
import belljar.linux.HostKernel;
import belljar.linux.Nr;
import belljar.sandbox.Container;
import belljar.sandbox.Stdio;
import java.util.Optional;

/**
 * The streams of containers as descriptors, for callers that wait in ways of their own, such as one thread for many
 * containers. Nothing here waits for a container.
 *
 * <p>Safe for use by several threads.
 */
public final class ContainerStreams {
    private static final HostKernel KERNEL = HostKernel.INSTANCE;

    private final Book book;
    private final Lifecycle life;
    private final Control control;
    private final HostTools tools;

    ContainerStreams(Book book, Lifecycle life, Control control, HostTools tools) {
        this.book = book;
        this.life = life;
        this.control = control;
        this.tools = tools;
    }

    /**
     * Prepares a further program in a running container.
     *
     * @param nameOrId the container's name, id, or the beginning of its id
     * @param request what to run; without a terminal
     * @param stdio its streams, borrowed until this returns; standard input may be -1
     * @return the program, waiting for its start; closing it kills it
     * @throws UserException if there is no such container, it does not run or is paused, or the request is wrong
     * @throws belljar.failure.HostException if the host fails
     */
    public Container exec(String nameOrId, ExecRequest request, Stdio stdio) {
        if (request.tty()) {
            throw new UserException("a program with streams has no terminal; ask for one of the two");
        }
        ContainerRecord record = book.find(nameOrId);
        return control.prepare(tools.isolation(record.isolation()), record, request, stdio);
    }

    /**
     * {@return what the standard input of a running container is written to, to be closed by the caller; empty when the
     * container was not made interactive, or has ended}
     *
     * @param id its whole id
     */
    public Optional<Fd> input(String id) {
        long keeper = book.keeper(id);
        return keeper == 0 ? Optional.empty() : Keepers.input(keeper);
    }

    /**
     * Ends the standard input of a container: its program reads the end once all copies of {@link #input} are closed.
     *
     * @param id its whole id
     */
    public void closeInput(String id) {
        long keeper = book.keeper(id);
        if (keeper != 0) {
            Keepers.closeInput(keeper);
        }
    }

    /**
     * Waits until it is written down what became of a container whose first process has ended, which takes its keeper a
     * moment.
     *
     * @param record the container
     * @return the exit code; {@link ContainerRecord#UNKNOWN} when nobody saw the end
     * @throws belljar.failure.HostException if the keeper hangs or the thread is interrupted
     */
    public int outcome(ContainerRecord record) {
        return life.outcome(record);
    }

    /**
     * {@return a descriptor that polls readable when the container's first process has ended, to be closed by the
     * caller; empty when it does not run}
     *
     * @param id its whole id
     */
    public Optional<Fd> end(String id) {
        long pid = book.pid(id);
        long pidfd = pid == 0 ? -1 : KERNEL.call(Nr.PIDFD_OPEN, pid, 0);
        if (pidfd < 0) {
            return Optional.empty();
        }
        Fd fd = new Fd((int) pidfd);
        if (book.pid(id) == pid) {
            return Optional.of(fd);
        }
        // Between the look and the opening it ended, and the number may be another process's now.
        fd.close();
        return Optional.empty();
    }
}
