package belljar.engine;

import belljar.container.Keepers;
import belljar.failure.UserException;
import belljar.linux.Errno;
import belljar.linux.Fd;
import belljar.linux.Fs;
import belljar.linux.HostKernel;
import belljar.linux.Nr;
import belljar.linux.OpenFlags;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A kept container as {@link AttachClient} sees it. For one thread. */
final class Attachment implements AttachTarget, AutoCloseable {
    private static final HostKernel KERNEL = HostKernel.INSTANCE;

    private final Book book;
    private final String id;
    private final long pid;
    private final long keeper;
    private final Fd pidfd;
    private final boolean terminal;
    private @Nullable Fd input;
    private int exitCode = ContainerRecord.UNKNOWN;

    private Attachment(Book book, String id, long pid, long keeper, Fd pidfd, boolean terminal, @Nullable Fd input) {
        this.book = book;
        this.id = id;
        this.pid = pid;
        this.keeper = keeper;
        this.pidfd = pidfd;
        this.terminal = terminal;
        this.input = input;
    }

    /**
     * {@return what is attached to}
     *
     * @param record the container
     * @param request what was asked of it
     * @throws UserException if it does not run, or the command that runs it is its only owner
     */
    static Attachment to(Book book, ContainerRecord record, RunRequest request) {
        if (book.pid(record.id()) == 0) {
            throw new UserException("the container '" + record.name() + "' does not run; 'belljar start --attach "
                    + record.name() + "' starts it");
        }
        if (book.keeper(record.id()) == 0) {
            throw new UserException("the container '" + record.name()
                    + "' runs in the foreground of another command, which has its input and output");
        }
        return toStarted(book, record, request);
    }

    /** {@return what is attached to when the container has just been started, and may have ended again already} */
    static Attachment toStarted(Book book, ContainerRecord record, RunRequest request) {
        long pid = book.pid(record.id());
        long keeper = book.keeper(record.id());
        long pidfd = pid == 0 ? -Errno.ESRCH : KERNEL.call(Nr.PIDFD_OPEN, pid, 0);
        // What has ended polls readable, and so does the device without content.
        Fd fd = new Fd(
                pidfd == -Errno.ESRCH
                        ? Fs.HOST.open(-100, "/dev/null", OpenFlags.CLOEXEC, 0)
                        : (int) Errno.check("pidfd_open", "attach to the container " + record.name(), pidfd));
        Optional<Fd> input = keeper == 0 ? Optional.empty() : Keepers.input(keeper);
        return new Attachment(
                book, record.id(), pid, keeper, fd, request.process().tty(), input.orElse(null));
    }

    @Override
    public long pid() {
        return pid;
    }

    @Override
    public int pidfd() {
        return pidfd.number();
    }

    @Override
    public int input() {
        Fd fd = input;
        return fd == null ? -1 : fd.number();
    }

    @Override
    public int terminal() {
        return terminal ? input() : -1;
    }

    @Override
    public void inputEnded() {
        Fd fd = input;
        if (!terminal && fd != null) {
            Keepers.closeInput(keeper);
            input = null;
            fd.close();
        }
    }

    /** The exit file is there before the claim is free, and goes when somebody has cleaned up. */
    @Override
    public boolean logged() {
        exitCode = book.exitCode(id, exitCode);
        return !book.isLive(id);
    }

    @Override
    public int exitCode() {
        if (exitCode == ContainerRecord.UNKNOWN && book.exists(id)) {
            exitCode = book.exitCode(id, book.stored(id).exitCode());
        }
        return exitCode;
    }

    @Override
    public void close() {
        Fd fd = input;
        if (fd != null) {
            fd.close();
        }
        pidfd.close();
    }
}
