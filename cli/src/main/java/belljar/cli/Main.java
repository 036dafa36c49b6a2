package belljar.cli;

import belljar.failure.BelljarException;
import belljar.failure.BugException;
import belljar.failure.GuestException;
import belljar.linux.HostKernel;
import belljar.linux.Nr;
import belljar.sandbox.Phases;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * The command line's way in. Exit codes are Docker's: 125 when Belljar itself fails, 126 and 127 when the image's
 * program cannot be run or found, otherwise the program's own.
 */
public final class Main {
    /** The exit code when Belljar fails. */
    static final int FAILED = 125;

    /** The property that the launcher sets where it has made the JVM fit for one short command. */
    static final String BRIEF = "belljar.brief";

    private Main() {}

    /**
     * Runs one command and ends the process with its exit code.
     *
     * @param args the command line without the program's name
     */
    public static void main(String[] args) {
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        PrintStream err = new PrintStream(System.err, true, StandardCharsets.UTF_8);
        Phases.mark("");
        ThisProgram.started(args.length);
        int code = run(Arrays.asList(args), System.getenv(), out, err);
        out.flush();
        Phases.mark("end");
        err.print(Phases.report());
        // Not by exit() or halt(): the JVM would wait 300 ms for threads that are blocked in system calls, such as the
        // one
        // that waits for signals. There are no shutdown hooks: what must be undone is undone when run() returns.
        HostKernel.INSTANCE.call(Nr.EXIT_GROUP, code);
    }

    /**
     * Runs one command.
     *
     * @param args the command line without the program's name
     * @param env the environment
     * @param out where results are written
     * @param err where messages are written
     * @return the exit code
     */
    static int run(List<String> args, Map<String, String> env, PrintStream out, PrintStream err) {
        return guarded(err, () -> dispatch(args, Origin.process(env, out, err)));
    }

    /** Something that ends with an exit code. */
    interface Attempt {
        /** {@return the exit code} */
        int run();
    }

    /**
     * Does something, and turns every failure into a message and an exit code.
     *
     * @param err where messages are written
     * @param attempt what to do
     * @return the exit code
     */
    @SuppressWarnings("CatchAndPrintStackTrace") // a fault of ours is of use only with its trace
    static int guarded(PrintStream err, Attempt attempt) {
        try {
            return attempt.run();
        } catch (BugException e) {
            return bug(e, err);
        } catch (GuestException e) {
            err.println("belljar: " + Text.printable(e.getMessage()));
            return e.exitCode();
        } catch (BelljarException e) {
            err.println("belljar: " + Text.printable(e.getMessage()));
            return FAILED;
        } catch (OutOfMemoryError e) {
            err.println("belljar: there is not enough memory for the Java heap; free some or raise -Xmx");
            return FAILED;
        } catch (RuntimeException | Error e) {
            return bug(e, err);
        }
    }

    private static int bug(Throwable e, PrintStream err) {
        err.println("belljar: this is a fault in Belljar; please report it with the lines below");
        e.printStackTrace(err);
        return FAILED;
    }

    private static int dispatch(List<String> args, Origin origin) {
        Arguments global = Arguments.parse("", globalOptions(), args, true);
        if (global.flag("version")) {
            return new VersionCommand().run(global, new Session(global, origin));
        }
        if (global.flag("help") || global.operands().isEmpty()) {
            origin.out().print(Help.overview());
            return global.flag("help") ? 0 : FAILED;
        }
        Invocation invocation = Invocation.of(global);
        int code = invocation.run(origin);
        if (System.getProperty("belljar.short") != null && invocation.canBeHandedOver()) {
            origin.out().flush();
            Standby.consider(new Session(global, origin));
        }
        return code;
    }

    /** {@return the options that stand before the command} */
    static OptionTable globalOptions() {
        return new OptionTable()
                .value("root", "DIR", "where images and containers are kept (BELLJAR_ROOT)")
                .value("state", "DIR", "where is kept what does not outlive a boot (BELLJAR_STATE)")
                .flag("version", 'v', "show the version")
                .flag("help", 'h', "show this help");
    }
}
