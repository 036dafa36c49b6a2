package belljar.cli;

import belljar.engine.ContainerRecord.Status;
import belljar.engine.Engine;
import java.util.List;

/** {@code belljar pause} and {@code belljar unpause}. */
final class PauseCommand implements Command {
    private final boolean pause;

    /** @param pause whether it pauses; else it undoes that */
    PauseCommand(boolean pause) {
        this.pause = pause;
    }

    @Override
    public String name() {
        return pause ? "pause" : "unpause";
    }

    @Override
    public String usage() {
        return "[CONTAINER...]";
    }

    @Override
    public String summary() {
        return pause ? "stop all processes of containers for a while" : "let the processes of paused containers go on";
    }

    @Override
    public OptionTable options() {
        return ChosenContainers.declare(new OptionTable(), pause ? "all that run" : "all that are paused", 'f')
                .flag("help", 'h', "show this help");
    }

    @Override
    public boolean canBeHandedOver(Arguments arguments) {
        return arguments.values("cidfile").isEmpty();
    }

    @Override
    public int run(Arguments arguments, Session session) {
        Engine engine = session.engine();
        Status status = pause ? Status.RUNNING : Status.PAUSED;
        List<String> chosen = ChosenContainers.of(arguments, engine, record -> record.status() == status);
        return ChosenContainers.each(chosen, session, name -> {
            if (pause) {
                engine.pause(name);
            } else {
                engine.unpause(name);
            }
        });
    }
}
