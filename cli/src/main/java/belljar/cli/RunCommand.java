package belljar.cli;

import belljar.engine.Engine;
import belljar.engine.RestartPolicy;
import belljar.engine.RunIo;
import belljar.engine.RunRequest;
import belljar.failure.UserException;
import belljar.linux.Fs;
import belljar.linux.OpenFlags;
import belljar.sandbox.Phases;
import java.util.List;
import java.util.Locale;

/** {@code belljar run}. */
final class RunCommand implements Command {
    @Override
    public String name() {
        return "run";
    }

    @Override
    public String usage() {
        return "IMAGE [COMMAND [ARG...]]";
    }

    @Override
    public String summary() {
        return "run a command in a new container";
    }

    @Override
    public OptionTable options() {
        return RunOptions.table()
                .flag("detach", 'd', "let it run in the background and write its id")
                .list("attach", 'a', "STREAM", "show stdout or stderr, pass on stdin; all of them unless chosen")
                .flag("rmi", "with --rm, remove the image, too, unless others use it")
                .flag("sig-proxy", "pass signals on (true)");
    }

    @Override
    public boolean endsAtOperand() {
        return true;
    }

    @Override
    public int run(Arguments arguments, Session session) {
        boolean removesImage = arguments.flag("rmi");
        if (removesImage && (!arguments.flag("rm") || arguments.flag("detach"))) {
            throw new UserException("--rmi removes the image after the container and needs --rm, without --detach");
        }
        int code = runContainer(arguments, session);
        if (removesImage) {
            removeImage(arguments.operands().getFirst(), session);
        }
        return code;
    }

    /** Somebody else's use of the image is no failure of this container. */
    private static void removeImage(String image, Session session) {
        try {
            session.images().remove(image, false, Removals.users(session));
        } catch (UserException used) {
            session.err().println("belljar: " + Text.printable(used.getMessage()));
        }
    }

    private static int runContainer(Arguments arguments, Session session) {
        RunRequest request = RunOptions.parse(arguments, session.env());
        Phases.mark("read the command line");
        Engine engine = session.engine();
        request = VolumesFrom.added(arguments, engine, request);
        CreateCommand.replace(arguments, engine, request);
        Phases.mark("open the engine");
        if (arguments.flag("detach")) {
            return detached(arguments, session, engine, request);
        }
        // The image's program writes to the same descriptors, so nothing of ours may still be on its way.
        session.out().flush();
        try (ShownProgress progress = new ShownProgress(request.quiet(), session);
                SignalProxy signals = new SignalProxy(session.err())) {
            RunIo io = new RunIo(0, 1, 2, progress, signals);
            boolean restarts = request.life().restart().when() != RestartPolicy.When.NO;
            if (!request.process().tty()
                    && !restarts
                    && !arguments.has("attach")
                    && arguments.flag("sig-proxy", true)) {
                return engine.run(request, io);
            }
            boolean input =
                    !arguments.has("attach") || arguments.values("attach").contains("stdin");
            RunIo chosen =
                    new RunIo(0, chosen(arguments, "stdout", 1), chosen(arguments, "stderr", 2), progress, signals);
            return engine.runAttached(request, chosen, AttachCommand.options(arguments, request, input))
                    .orElse(0);
        }
    }

    /** {@return the descriptor for a stream; one that takes all and keeps nothing where it was not chosen} */
    private static int chosen(Arguments arguments, String stream, int fd) {
        for (String name : arguments.values("attach")) {
            if (!List.of("stdin", "stdout", "stderr").contains(name.toLowerCase(Locale.ROOT))) {
                throw new UserException("--attach '" + name + "' is none of stdin, stdout and stderr");
            }
        }
        return !arguments.has("attach") || arguments.values("attach").contains(stream)
                ? fd
                : Fs.HOST.open(-100, "/dev/null", OpenFlags.WRONLY | OpenFlags.CLOEXEC, 0);
    }

    private static int detached(Arguments arguments, Session session, Engine engine, RunRequest request) {
        if (arguments.has("attach")) {
            throw new UserException("--attach and --detach contradict each other; give only one of them");
        }
        try (ShownProgress progress = new ShownProgress(request.quiet(), session);
                SignalProxy observer = new SignalProxy(session.err())) {
            session.out()
                    .println(engine.runDetached(request, new RunIo(-1, -1, -1, progress, observer))
                            .id());
        }
        return 0;
    }
}
