package belljar.cli;

import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.image.ImageUsers;
import belljar.image.Images;

/** {@code belljar rmi}. */
final class RmiCommand implements Command {
    @Override
    public String name() {
        return "rmi";
    }

    @Override
    public String usage() {
        return "IMAGE [IMAGE...]";
    }

    @Override
    public String summary() {
        return "remove images";
    }

    @Override
    public OptionTable options() {
        return new OptionTable()
                .flag("force", 'f', "remove an image of several names by its id, and the names of one in use")
                .flag("help", 'h', "show this help");
    }

    /** Removes what can be removed, and fails when something could not. */
    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(1, Integer.MAX_VALUE, "an image");
        Images images = session.images();
        ImageUsers users = Removals.users(session);
        int code = 0;
        for (String text : arguments.operands()) {
            try {
                Removals.print(images.remove(text, arguments.flag("force"), users), session.out(), session.err());
            } catch (UserException | HostException e) {
                session.err().println("belljar: " + Text.printable(e.getMessage()));
                code = Main.FAILED;
            }
        }
        return code;
    }
}
