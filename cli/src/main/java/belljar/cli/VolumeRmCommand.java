package belljar.cli;

import belljar.engine.Volumes;
import belljar.failure.BelljarException;
import belljar.failure.BugException;
import belljar.failure.UserException;
import belljar.volume.Volume;
import java.util.ArrayList;
import java.util.List;

/** {@code belljar volume rm}. */
final class VolumeRmCommand implements Command {
    /** As Podman has it: there is none of that name. */
    private static final int ABSENT = 1;

    /** As Podman has it: a container uses it. */
    private static final int USED = 2;

    @Override
    public String name() {
        return "volume rm";
    }

    @Override
    public String usage() {
        return "VOLUME [VOLUME...]";
    }

    @Override
    public String summary() {
        return "remove volumes that no container uses";
    }

    @Override
    public OptionTable options() {
        return new OptionTable()
                .flag("all", 'a', "all volumes")
                .flag("force", 'f', "remove the containers that use them first")
                .value("time", 't', "SECONDS", "how long to wait before killing those (10)")
                .flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        Volumes volumes = session.engine().volumes();
        boolean force = arguments.flag("force");
        int code = 0;
        for (String name : names(arguments, volumes)) {
            int failed = Main.FAILED;
            try {
                failed = ABSENT;
                String whole = volumes.volume(name).name();
                failed = !force && !volumes.users(whole).isEmpty() ? USED : Main.FAILED;
                volumes.remove(whole, force, StopCommand.seconds(arguments));
                session.out().println(name);
            } catch (BugException e) {
                throw e;
            } catch (BelljarException e) {
                session.err().println("belljar: " + Text.printable(e.getMessage()));
                code = failed;
            }
        }
        return code;
    }

    /** {@return the volumes that are named, or all of them where that was asked for} */
    static List<String> names(Arguments arguments, Volumes volumes) {
        if (!arguments.flag("all")) {
            arguments.expect(1, Integer.MAX_VALUE, "a volume");
            return arguments.operands();
        }
        if (!arguments.operands().isEmpty()) {
            throw new UserException("name volumes or give --all, not both");
        }
        List<String> names = new ArrayList<>();
        for (Volume volume : volumes.list()) {
            names.add(volume.name());
        }
        return names;
    }
}
