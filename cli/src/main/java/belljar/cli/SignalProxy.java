package belljar.cli;

import belljar.engine.RunIo;
import belljar.engine.Terminal;
import belljar.linux.SignalPipe;
import belljar.sandbox.Container;
import java.io.PrintStream;
import org.jspecify.annotations.Nullable;

/**
 * Passes the signals that this process gets, and the changes of its terminal's size, on to the container. Not passed on
 * are the signals by which the kernel tells a process of its own faults, children and pipes, and the terminal's stop
 * signals. Until the container runs, signals have their usual effect.
 */
final class SignalProxy implements RunIo.Observer, AutoCloseable {
    private static final int SIGWINCH = 28;
    /** HUP, INT, QUIT, USR1, USR2, ALRM, TERM, CONT, IO, PWR. */
    private static final int[] PASSED_ON = {1, 2, 3, 10, 12, 14, 15, 18, 29, 30};

    private static final int FIRST_REALTIME = 34;
    private static final int LAST_REALTIME = 64;

    private final PrintStream err;
    private volatile @Nullable Container container;

    /** @param err where notices are written */
    SignalProxy(PrintStream err) {
        this.err = err;
    }

    @Override
    public void fetching() {
        Compiled.startOver();
    }

    @Override
    public void started(Container running) {
        container = running;
        SignalPipe pipe = SignalPipe.open();
        Thread thread = new Thread("belljar-signals") {
            @Override
            public void run() {
                while (true) {
                    passOn(pipe.next());
                }
            }
        };
        thread.setDaemon(true);
        thread.start();
        for (int signal : PASSED_ON) {
            pipe.receive(signal);
        }
        for (int signal = FIRST_REALTIME; signal <= LAST_REALTIME; signal++) {
            pipe.receive(signal);
        }
        if (running.terminal() >= 0) {
            pipe.receive(SIGWINCH);
            resize(running); // it may have changed before anybody listened
        }
    }

    private void passOn(int signal) {
        Container running = container;
        if (running == null) {
            return;
        }
        try {
            if (signal == SIGWINCH) {
                resize(running);
            } else {
                running.signal(signal);
            }
        } catch (IllegalStateException e) {
            // The run ended between the look and the call, and with it what the signal was for.
            container = null;
        }
    }

    private static void resize(Container running) {
        int size = Terminal.size(1);
        if (size != 0) {
            running.resize(size >>> 16, size & 0xFFFF);
        }
    }

    @Override
    public void notice(String line) {
        err.println("belljar: " + Text.printable(line));
    }

    /** Passes nothing on any more; signals that come now have no effect, since the run is ending. */
    @Override
    public void close() {
        container = null;
    }
}
