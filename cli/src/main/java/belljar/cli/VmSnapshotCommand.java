package belljar.cli;

import belljar.microvm.RunningMachines;
import java.nio.file.Path;

/** {@code belljar vm snapshot}. */
final class VmSnapshotCommand implements Command {
    @Override
    public String name() {
        return "vm snapshot";
    }

    @Override
    public String usage() {
        return "MACHINE DIRECTORY";
    }

    @Override
    public String summary() {
        return "write a running machine's state to a new directory; its disks' contents are not in it";
    }

    @Override
    public OptionTable options() {
        return new OptionTable()
                .flag("stop", "power the machine off then, so that its disks stay as they are")
                .flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(2, 2, "a machine's name and a directory");
        RunningMachines.in(session.state())
                .snapshot(
                        arguments.operands().get(0),
                        Path.of(arguments.operands().get(1)),
                        arguments.flag("stop"));
        return 0;
    }
}
