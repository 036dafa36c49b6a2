package belljar.cli;

import belljar.engine.Terminal;
import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.image.ImageRemoval;
import java.io.IOException;

/** {@code belljar image prune}. */
final class ImagePruneCommand implements Command {
    @Override
    public String name() {
        return "image prune";
    }

    @Override
    public String usage() {
        return "";
    }

    @Override
    public String summary() {
        return "remove images that nobody uses";
    }

    @Override
    public OptionTable options() {
        return new OptionTable()
                .flag("all", 'a', "remove images with names, too")
                .flag("force", 'f', "do not ask")
                .flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(0, 0, "no argument");
        boolean all = arguments.flag("all");
        if (!arguments.flag("force") && !confirmed(session, all)) {
            return 0;
        }
        ImageRemoval removal = session.images().prune(all, Removals.users(session));
        Removals.print(removal, session.out(), session.err());
        session.out().println("Freed: " + Text.size(removal.reclaimedBytes()));
        return 0;
    }

    private static boolean confirmed(Session session, boolean all) {
        if (!Terminal.isTerminal(0)) {
            throw new UserException("'belljar image prune' asks before it removes, and there is no terminal to ask at; "
                    + "add --force");
        }
        session.err().print("Remove all images without a " + (all ? "container" : "name and a container") + "? [y/N] ");
        session.err().flush();
        try {
            int answer = System.in.read();
            return answer == 'y' || answer == 'Y';
        } catch (IOException e) {
            throw new HostException("the answer cannot be read: " + e.getMessage(), e);
        }
    }
}
