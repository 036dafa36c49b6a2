package belljar.api;

import belljar.engine.ContainerInspection;
import belljar.engine.ContainerRecord;
import belljar.engine.CopyEnd;
import belljar.engine.ExecRequest;
import belljar.engine.PortRequest;
import belljar.engine.RemoveOptions;
import belljar.engine.Signals;
import belljar.engine.Usage;
import belljar.failure.UserException;
import belljar.json.JsonObject;
import belljar.linux.Fd;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * A handle on a container. Any number of handles, of any processes, may be on the same container; what one does the
 * others see.
 *
 * <p>A container from {@link Engine#start} is <em>bound</em>: {@link #close()} kills and removes it, and so does the
 * end of the JVM. One from {@link Engine#startDetached} or {@link Engine#find} is not: closing its handle does nothing
 * to it.
 *
 * <p>A handle watches one run of the container: the one that was on when the handle was made, the last one if none was,
 * or the one that it {@linkplain #start() started} since. A container that was never started has no end to wait for.
 *
 * <p>All methods are safe for use by several threads. Those that throw {@link InterruptedException} can be cancelled by
 * {@link Thread#interrupt()} and leave the container as it is; the others are short, or say that they cannot.
 */
public final class Container implements AutoCloseable {
    private static final int SIGTERM = 15;

    private final belljar.engine.Engine engine;
    private final ContainerOutput output;
    private final String id;
    private final String name;
    private final Optional<Engine> owner;
    private volatile CompletableFuture<Exit> exit;

    Container(belljar.engine.Engine engine, ContainerRecord record, Optional<Engine> owner) {
        this.engine = engine;
        this.id = record.id();
        this.name = record.name();
        this.owner = owner;
        this.output = new ContainerOutput(engine.logFile(id));
        this.exit = ContainerEnd.of(engine, id);
    }

    /** {@return the container's id, 64 hexadecimal digits} */
    public String id() {
        return id;
    }

    /** {@return the name it had when this handle was made} */
    public String name() {
        return name;
    }

    /**
     * {@return what the engine knows of it now: its status, exit code, times, networks, ports, labels}
     *
     * @throws UserException if it has been removed
     */
    public ContainerRecord state() {
        return Work.finish(() -> engine.container(id));
    }

    /**
     * {@return all that is known of it, as {@code belljar inspect} shows it}
     *
     * @throws UserException if it has been removed
     */
    public JsonObject inspect() {
        return Work.finish(() -> ContainerInspection.describe(engine, id));
    }

    /**
     * Starts a container that has ended, or was never started; does nothing to one that runs.
     *
     * @throws InterruptedException if the thread is interrupted; it may have been started all the same
     * @throws UserException if it has been removed, or somebody else is at work on it
     * @throws belljar.failure.GuestException if its program cannot be run
     */
    public void start() throws InterruptedException {
        exit = Work.call(
                () -> {
                    engine.start(id);
                    return ContainerEnd.of(engine, id);
                },
                started -> {},
                false);
    }

    /**
     * Waits for the container's end. All that it wrote is in its log then.
     *
     * @return how it ended
     * @throws InterruptedException if the thread is interrupted; the container runs on
     */
    public Exit waitFor() throws InterruptedException {
        return Waits.get(exit);
    }

    /**
     * Waits for the container's end, but not for ever.
     *
     * @param most how long at most; 0 only looks
     * @return how it ended; empty when it still runs
     * @throws InterruptedException if the thread is interrupted; the container runs on
     */
    public Optional<Exit> waitFor(Duration most) throws InterruptedException {
        return Waits.get(exit, most);
    }

    /** {@return completed when the container has ended; completing or cancelling it changes nothing here} */
    public CompletableFuture<Exit> onExit() {
        return exit.copy();
    }

    /**
     * Stops the container: asks its first process to end, by the image's stop signal or SIGTERM, and kills it when it
     * does not. Does nothing to one that does not run.
     *
     * @param grace how long it has to end by itself; 0 to kill it at once
     * @return how it ended
     * @throws InterruptedException if the thread is interrupted; the container was asked to end, but is not killed
     * @throws UserException if it has been removed, or somebody else is at work on it
     */
    public Exit stop(Duration grace) throws InterruptedException {
        CompletableFuture<Exit> end = exit;
        if (!end.isDone() && grace.isPositive()) {
            kill(stopSignal());
            Optional<Exit> ended = Waits.get(end, grace);
            if (ended.isPresent()) {
                return ended.get();
            }
        }
        boolean _ = Work.call(() -> engine.stop(id, Optional.of(Duration.ZERO)), ran -> {}, false);
        return Waits.get(end);
    }

    private int stopSignal() {
        String asked = state().stopSignal();
        try {
            return asked.isEmpty() ? SIGTERM : Signals.number(asked);
        } catch (UserException unknown) {
            return SIGTERM;
        }
    }

    /**
     * Sends a signal to the container's first process. Does nothing to one that has ended.
     *
     * @param signal the signal's number, 1 to 64
     */
    public void kill(int signal) {
        boolean _ = Work.finish(() -> {
            try {
                engine.kill(id, signal);
            } catch (UserException e) {
                if (engine.streams().end(id).isPresent()) {
                    throw e;
                }
            }
            return true;
        });
    }

    /**
     * Stops all processes of the container until {@link #unpause()}.
     *
     * @throws UserException if it does not run, is paused already, or has no cgroup
     * @throws belljar.failure.HostException if this host has no freezer
     */
    public void pause() {
        boolean _ = Work.finish(() -> {
            engine.pause(id);
            return true;
        });
    }

    /**
     * Lets the processes of a paused container go on.
     *
     * @throws UserException if it is not paused
     */
    public void unpause() {
        boolean _ = Work.finish(() -> {
            engine.unpause(id);
            return true;
        });
    }

    /**
     * {@return what it uses at this moment: CPU time, memory, tasks, devices, networks}
     *
     * @throws UserException if it does not run
     */
    public Usage usage() {
        return Work.finish(() -> engine.usage(id));
    }

    /**
     * {@return where on this host a TCP port of the container is reached; empty when it is not published}
     *
     * @param containerPort the container's port, 1 to 65535
     */
    public Optional<InetSocketAddress> publishedPort(int containerPort) {
        for (PortRequest port : state().ports()) {
            int nth = containerPort - port.containerPort();
            if (port.protocol().equals("tcp") && nth >= 0 && nth < port.count() && port.hostPort() != 0) {
                String address = port.hostAddress().isEmpty() ? "127.0.0.1" : port.hostAddress();
                return Optional.of(new InetSocketAddress(address, port.hostPort() + nth));
            }
        }
        return Optional.empty();
    }

    /**
     * Starts a further program in the running container.
     *
     * @param command what to run
     * @return the program, to be closed
     * @throws InterruptedException if the thread is interrupted; a program that was started meanwhile is killed
     * @throws UserException if the container does not run or is paused, or the command is wrong
     * @throws belljar.failure.GuestException if the program cannot be run
     */
    public Execution exec(Command command) throws InterruptedException {
        ExecRequest request = command.request();
        return Work.call(() -> Execution.start(engine.streams(), id, request), Execution::close, false);
    }

    /**
     * Runs a further program in the container to its end, and captures what it writes.
     *
     * @param args the program and its arguments
     * @return what it said and how it ended
     * @throws InterruptedException if the thread is interrupted; the program is killed then
     * @throws UserException if the container does not run or is paused
     * @throws belljar.failure.GuestException if the program cannot be run
     */
    public Captured run(String... args) throws InterruptedException {
        try (Execution execution = exec(Command.of(args))) {
            return execution.capture();
        }
    }

    /**
     * {@return a stream into the container's standard input; closing it is the end of the input}
     *
     * @throws UserException if it was made without {@link ContainerPlan#withInput()}, or does not run
     */
    public OutputStream stdin() {
        Fd input = Work.finish(() -> engine.streams().input(id))
                .orElseThrow(() -> new UserException("the container " + name
                        + " has no standard input; make it with ContainerPlan.withInput(), and start it"));
        return new PipeOutput(
                Pipe.of(input),
                () -> Work.finish(() -> {
                    engine.streams().closeInput(id);
                    return true;
                }));
    }

    /**
     * {@return all that the container writes to its standard output, from its first byte in the log to its end} It
     * comes out of the log, so it can be read any number of times, and the container never waits for a reader.
     */
    public InputStream stdout() {
        return output.stream(exit, false);
    }

    /** {@return all that the container writes to its standard error; see {@link #stdout()}} */
    public InputStream stderr() {
        return output.stream(exit, true);
    }

    /** {@return the lines that are in the container's log now, both streams in the order of writing} */
    public List<LogLine> logs() {
        return Work.finish(output::lines);
    }

    /**
     * Waits until a line of the container's log contains a text, such as the one by which a server says that it is
     * ready. Lines that are there already count.
     *
     * @param text what to look for
     * @param most how long to wait at most
     * @return the line; empty when the container has ended or the time is over
     * @throws InterruptedException if the thread is interrupted
     */
    public Optional<LogLine> awaitLine(String text, Duration most) throws InterruptedException {
        return output.await(exit, text, most);
    }

    /**
     * Copies a file or directory of the host into the container, running or not, by the rules of {@code docker cp}.
     *
     * @param from on the host
     * @param to in the container, absolute or relative to its working directory
     * @throws InterruptedException if the thread is interrupted; the copying goes on
     * @throws UserException if either does not exist, or the two do not fit
     */
    public void copyIn(Path from, String to) throws InterruptedException {
        copy(new CopyEnd.OnHost(from.toAbsolutePath().toString()), new CopyEnd.InContainer(id, to));
    }

    /**
     * Unpacks a tar archive in the container.
     *
     * @param archive the archive, not compressed; read by another thread, and not closed
     * @param directory an existing directory of the container
     * @throws InterruptedException if the thread is interrupted; the copying goes on
     * @throws UserException if the directory does not exist
     */
    public void copyIn(InputStream archive, String directory) throws InterruptedException {
        copy(new CopyEnd.FromArchive(archive), new CopyEnd.InContainer(id, directory));
    }

    /**
     * Copies a file or directory of the container to the host, by the rules of {@code docker cp}. No link leads out of
     * the container.
     *
     * @param from in the container, absolute or relative to its working directory
     * @param to on the host
     * @throws InterruptedException if the thread is interrupted; the copying goes on
     * @throws UserException if {@code from} does not exist, or the two do not fit
     */
    public void copyOut(String from, Path to) throws InterruptedException {
        copy(
                new CopyEnd.InContainer(id, from),
                new CopyEnd.OnHost(to.toAbsolutePath().toString()));
    }

    /**
     * Writes a file or directory of the container as a tar archive.
     *
     * @param from in the container, absolute or relative to its working directory
     * @param archive receives the archive, by another thread; neither flushed nor closed
     * @throws InterruptedException if the thread is interrupted; the copying goes on
     * @throws UserException if {@code from} does not exist
     */
    public void copyOut(String from, OutputStream archive) throws InterruptedException {
        copy(new CopyEnd.InContainer(id, from), new CopyEnd.ToArchive(archive));
    }

    private void copy(CopyEnd from, CopyEnd to) throws InterruptedException {
        boolean _ = Work.call(
                () -> {
                    engine.files().copy(from, to, false, false);
                    return true;
                },
                copied -> {},
                false);
    }

    /**
     * Kills the container if it runs, and removes it with its files and its volumes without a name. Does nothing when
     * it is gone. Not interruptible.
     *
     * @throws UserException if somebody else is at work on it
     */
    public void remove() {
        boolean _ = Work.finish(() -> {
            removeNow();
            return true;
        });
        owner.ifPresent(engine -> engine.forget(this));
    }

    void removeNow() {
        try {
            engine.remove(id, RemoveOptions.FORCE);
        } catch (UserException e) {
            for (ContainerRecord record : engine.containers()) {
                if (record.id().equals(id)) {
                    throw e;
                }
            }
        }
    }

    /**
     * Kills and removes a bound container, as {@link #remove()} does; call {@link #stop} first for a program that has
     * something to save. Does nothing to one that is not bound, nor the second time.
     */
    @Override
    public void close() {
        if (owner.isPresent()) {
            remove();
        }
    }

    @Override
    public String toString() {
        return name + " (" + id.substring(0, 12) + ")";
    }
}
