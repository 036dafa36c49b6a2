package belljar.api;

import belljar.linux.Errno;
import belljar.linux.Fd;
import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.ReentrantLock;

/** One end of a pipe, which never blocks a thread in the kernel: a caller without luck parks until the poller calls. */
final class Pipe implements AutoCloseable {
    static final int CHUNK = 32 * 1024;

    private static final int O_CLOEXEC = 0x80000;
    private static final int F_SETFL = 4;
    private static final int O_NONBLOCK = 0x800;
    private static final HostKernel KERNEL = HostKernel.INSTANCE;

    private final Fd fd;
    private final CompletableFuture<Object> closing = new CompletableFuture<>();
    /** Held by whoever reads or writes, so that the descriptor is not closed under him. */
    private final ReentrantLock use = new ReentrantLock();

    private Pipe(Fd fd) {
        this.fd = fd;
    }

    /** Takes over a descriptor that nobody else reads or writes. */
    static Pipe of(Fd fd) {
        KERNEL.call(Nr.FCNTL, fd.number(), F_SETFL, O_NONBLOCK);
        return new Pipe(fd);
    }

    /** {@return the reading and the writing end of a new pipe, both blocking} */
    static Fd[] make() {
        try (Memory memory = KERNEL.lend()) {
            long ends = memory.allocate(8);
            Errno.check("pipe2", "make a pipe for a program", KERNEL.call(Nr.PIPE2, ends, O_CLOEXEC));
            return new Fd[] {new Fd(memory.getInt(ends)), new Fd(memory.getInt(ends + 4))};
        }
    }

    /** {@return how many bytes were read, at least 1; -1 at the end} */
    int read(byte[] to, int from, int count) throws IOException {
        if (count == 0) {
            return 0;
        }
        use.lock();
        try (Memory memory = KERNEL.lend()) {
            int most = Math.min(count, CHUNK);
            long buffer = memory.allocateDirty(most);
            while (true) {
                checkOpen();
                long n = KERNEL.call(Nr.READ, fd.number(), buffer, most);
                if (n > 0) {
                    memory.bytes().get(memory.offset(buffer), to, from, (int) n);
                    return (int) n;
                }
                if (n == 0) {
                    return -1;
                }
                await(n, "read", Poller.READABLE);
            }
        } finally {
            use.unlock();
        }
    }

    void write(byte[] bytes, int from, int count) throws IOException {
        use.lock();
        try (Memory memory = KERNEL.lend()) {
            long buffer = memory.allocateDirty(CHUNK);
            int done = 0;
            while (done < count) {
                checkOpen();
                int some = Math.min(count - done, CHUNK);
                memory.bytes().put(memory.offset(buffer), bytes, from + done, some);
                long n = KERNEL.call(Nr.WRITE, fd.number(), buffer, some);
                if (n >= 0) {
                    done += (int) n;
                } else {
                    await(n, "write", Poller.WRITABLE);
                }
            }
        } finally {
            use.unlock();
        }
    }

    private void checkOpen() throws IOException {
        if (closing.isDone()) {
            throw new IOException("Stream closed");
        }
    }

    private void await(long result, String call, int events) throws IOException {
        if (result == -Errno.EINTR) {
            return;
        }
        if (result != -Errno.EAGAIN) {
            throw new IOException(
                    result == -Errno.EPIPE ? "Broken pipe: nobody reads it any more" : call + " failed: " + -result);
        }
        Poller.Ready ready = Poller.SHARED.ready(fd.number(), events);
        try {
            CompletableFuture.anyOf(ready.future(), closing).get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            InterruptedIOException interrupted =
                    new InterruptedIOException("interrupted while waiting for a program in a container");
            interrupted.initCause(e);
            throw interrupted;
        } catch (ExecutionException impossible) {
            throw new IOException(impossible.getCause());
        } finally {
            Poller.SHARED.forget(ready);
        }
    }

    /** Closes it; a thread that reads or writes gets an exception. */
    @Override
    public void close() {
        closing.complete(this);
        use.lock();
        try {
            fd.close();
        } finally {
            use.unlock();
        }
    }
}
