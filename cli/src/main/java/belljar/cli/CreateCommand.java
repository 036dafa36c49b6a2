package belljar.cli;

import belljar.engine.Engine;
import belljar.engine.RemoveOptions;
import belljar.engine.RunIo;
import belljar.engine.RunRequest;

/** {@code belljar create}. */
final class CreateCommand implements Command {
    @Override
    public String name() {
        return "create";
    }

    @Override
    public String usage() {
        return "IMAGE [COMMAND [ARG...]]";
    }

    @Override
    public String summary() {
        return "make a container without starting it";
    }

    @Override
    public OptionTable options() {
        return RunOptions.table();
    }

    @Override
    public boolean endsAtOperand() {
        return true;
    }

    @Override
    public int run(Arguments arguments, Session session) {
        RunRequest request = RunOptions.parse(arguments, session.env());
        Engine engine = session.engine();
        request = VolumesFrom.added(arguments, engine, request);
        replace(arguments, engine, request);
        try (ShownProgress progress = new ShownProgress(request.quiet(), session);
                SignalProxy observer = new SignalProxy(session.err())) {
            session.out()
                    .println(engine.create(request, new RunIo(-1, -1, -1, progress, observer))
                            .id());
        }
        return 0;
    }

    /** Removes the container whose name the new one is to have, if that is wanted and there is one. */
    static void replace(Arguments arguments, Engine engine, RunRequest request) {
        if (arguments.flag("replace") && RmCommand.exists(engine, request.name())) {
            engine.remove(request.name(), RemoveOptions.FORCE);
        }
    }
}
