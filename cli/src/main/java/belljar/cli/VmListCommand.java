package belljar.cli;

import belljar.microvm.RunningMachines;
import java.util.Locale;

/** {@code belljar vm ls}. */
final class VmListCommand implements Command {
    private static final String FORMAT = "%-20s %-10s %-6s %-10s %-10s %s%n";

    @Override
    public String name() {
        return "vm ls";
    }

    @Override
    public String usage() {
        return "";
    }

    @Override
    public String summary() {
        return "list the virtual machines that run";
    }

    @Override
    public OptionTable options() {
        return new OptionTable().flag("quiet", 'q', "show the names only").flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(0, 0, "no operands");
        boolean quiet = arguments.flag("quiet");
        if (!quiet) {
            session.out().printf(FORMAT, "NAME", "PID", "CPUS", "MEMORY", "BALLOON", "ENGINE");
        }
        for (RunningMachines.Running each : RunningMachines.in(session.state()).list()) {
            if (quiet) {
                session.out().println(each.name());
            } else {
                session.out()
                        .printf(
                                FORMAT,
                                each.name(),
                                each.pid(),
                                each.cpus(),
                                (each.memory() >> 20) + " MiB",
                                (each.balloon() >> 20) + " MiB",
                                each.engine().toLowerCase(Locale.ROOT));
            }
        }
        return 0;
    }
}
