package belljar.cli;

import belljar.engine.Engine;
import belljar.engine.ExecRequest;
import belljar.engine.RunIo;
import belljar.failure.GuestException;
import belljar.failure.UserException;
import belljar.image.Progress;
import belljar.sandbox.Phases;
import java.util.ArrayList;
import java.util.List;

/** {@code belljar exec}. */
final class ExecCommand implements Command {
    @Override
    public String name() {
        return "exec";
    }

    @Override
    public String usage() {
        return "CONTAINER COMMAND [ARG...]";
    }

    @Override
    public String summary() {
        return "run a command in a running container";
    }

    @Override
    public OptionTable options() {
        return new OptionTable()
                .flag("detach", 'd', "let the command run on its own, without streams")
                .value("detach-keys", "KEYS", "none is possible: the command ends with its terminal")
                .list("env", 'e', "NAME=VALUE", "set a variable; NAME alone passes the caller's on")
                .list("env-file", "FILE", "read variables from a file")
                .flag("interactive", 'i', "pass standard input on")
                .flag("latest", 'l', "the container that was made last")
                .refused(
                        "preserve-fds",
                        (char) 0,
                        "is not possible: no descriptor of the host may get into a container; use a volume")
                .flag("privileged", "give the command every capability")
                .flag("tty", 't', "give the command a terminal")
                .value("user", 'u', "USER[:GROUP]", "run as a user, by name or number")
                .value("workdir", 'w', "DIR", "the working directory")
                .flag("help", 'h', "show this help");
    }

    @Override
    public boolean endsAtOperand() {
        return true;
    }

    @Override
    public int run(Arguments arguments, Session session) {
        if (!arguments.value("detach-keys").isEmpty()) {
            throw new UserException("--detach-keys cannot be had with exec, whose command ends with its terminal;"
                    + " leave it out, or use --detach");
        }
        int first = arguments.flag("latest") ? 0 : 1;
        arguments.expect(first + 1, Integer.MAX_VALUE, first == 0 ? "a command" : "a container and a command");
        ExecRequest request = request(
                arguments,
                arguments.operands().subList(first, arguments.operands().size()),
                session);
        Phases.mark("read the command line");
        Engine engine = session.engine();
        Phases.mark("open the engine");
        String container = ContainerOperands.one(arguments, engine);
        if (arguments.flag("detach")) {
            if (request.tty() || request.interactive()) {
                throw new UserException("--detach leaves the command without streams, so --interactive and --tty make"
                        + " no sense with it; leave them out");
            }
            return detached(engine, container, request, session);
        }
        // The command writes to the same descriptors, so nothing of ours may still be on its way.
        session.out().flush();
        try (SignalProxy signals = new SignalProxy(session.err())) {
            return engine.exec(container, request, new RunIo(0, 1, 2, Progress.NONE, signals));
        }
    }

    /** The codes of programs that cannot be run are for who waits for them; as in Podman they are not used here. */
    private static int detached(Engine engine, String container, ExecRequest request, Session session) {
        try {
            session.out().println(engine.execDetached(container, request));
            return 0;
        } catch (GuestException e) {
            throw new UserException(e.getMessage(), e);
        }
    }

    private static ExecRequest request(Arguments arguments, List<String> command, Session session) {
        List<String> env = new ArrayList<>();
        for (String file : arguments.values("env-file")) {
            env.addAll(EnvFile.read(file, session.env()));
        }
        for (String variable : arguments.values("env")) {
            EnvFile.add(env, "--env", variable, session.env());
        }
        String workdir = arguments.value("workdir");
        if (arguments.has("workdir") && !workdir.startsWith("/")) {
            throw new UserException("--workdir '" + workdir + "' is not an absolute path; begin it with '/'");
        }
        return new ExecRequest(
                command,
                env,
                arguments.value("user"),
                workdir,
                arguments.flag("tty"),
                arguments.flag("interactive"),
                arguments.flag("privileged"));
    }
}
