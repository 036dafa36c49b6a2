package belljar.cli;

import belljar.linux.CommandSocket;
import belljar.linux.Fd;
import org.jspecify.annotations.Nullable;

/** {@code belljar standby}, which only {@link Standby} starts. */
final class StandbyCommand implements Command {
    private static final int PATIENCE_MILLIS = 1000;

    @Override
    public String name() {
        return "standby";
    }

    @Override
    public String usage() {
        return "";
    }

    @Override
    public String summary() {
        return "carry out short commands that follow each other quickly";
    }

    @Override
    public OptionTable options() {
        return new OptionTable().flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(0, 0, "no argument");
        try (Fd lock = lock(session)) {
            if (lock == null) {
                return 0;
            }
            String path = Standby.socket(session.state()).toString();
            try (CommandSocket socket = CommandSocket.listen(path)) {
                new StandbyServer(socket, session).serve();
            }
            return 0;
        }
    }

    /** Who started this process holds the lock until it has ended itself, which is soon. */
    private static @Nullable Fd lock(Session session) {
        for (int waited = 0; waited < PATIENCE_MILLIS; waited += 10) {
            Fd lock = Standby.lock(session.state());
            if (lock != null) {
                return lock;
            }
            StandbyServer.sleep(10);
        }
        return null;
    }
}
