package belljar.cli;

import belljar.image.ImageRemoval;

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
        String question = "Remove all images without a " + (all ? "container" : "name and a container") + "?";
        if (!arguments.flag("force") && !Confirmation.atTerminal(session, "image prune", question)) {
            return 0;
        }
        ImageRemoval removal = session.images().prune(all, Removals.users(session));
        Removals.print(removal, session.out(), session.err());
        session.out().println("Freed: " + Text.size(removal.reclaimedBytes()));
        return 0;
    }
}
