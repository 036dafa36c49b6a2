package belljar.cli;

import belljar.engine.ContainerRecord;
import belljar.engine.Engine;
import belljar.engine.Signals;

/** {@code belljar kill}. */
final class KillCommand implements Command {
    @Override
    public String name() {
        return "kill";
    }

    @Override
    public String usage() {
        return "CONTAINER [CONTAINER...]";
    }

    @Override
    public String summary() {
        return "send a signal to running containers";
    }

    @Override
    public OptionTable options() {
        return ChosenContainers.declare(new OptionTable(), "all that run", (char) 0)
                .value("signal", 's', "SIGNAL", "which signal (KILL)")
                .flag("help", 'h', "show this help");
    }

    @Override
    public boolean canBeHandedOver(Arguments arguments) {
        return arguments.values("cidfile").isEmpty();
    }

    @Override
    public int run(Arguments arguments, Session session) {
        String text = arguments.value("signal");
        int signal = Signals.number(text.isEmpty() ? "KILL" : text);
        Engine engine = session.engine();
        return ChosenContainers.each(
                ChosenContainers.of(arguments, engine, ContainerRecord::lives),
                session,
                name -> engine.kill(name, signal));
    }
}
