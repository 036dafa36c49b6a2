package belljar.cli;

import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.image.ImageSummary;
import belljar.image.ImageUsers;
import belljar.image.Images;
import java.util.ArrayList;
import java.util.List;

/** {@code belljar rmi}. */
final class RmiCommand implements Command {
    @Override
    public String name() {
        return "rmi";
    }

    @Override
    public String usage() {
        return "[IMAGE...]";
    }

    @Override
    public String summary() {
        return "remove images";
    }

    @Override
    public OptionTable options() {
        return new OptionTable()
                .flag("force", 'f', "remove an image of several names by its id, and the names of one in use")
                .flag("all", 'a', "remove all images")
                .flag("no-prune", "leave parents without a name, which are never removed")
                .flag("ignore", 'i', "do not mind images that are not there")
                .flag("help", 'h', "show this help");
    }

    /** Removes what can be removed, and fails when something could not. */
    @Override
    public int run(Arguments arguments, Session session) {
        Images images = session.images();
        List<String> chosen = chosen(arguments, images);
        ImageUsers users = Removals.users(session);
        int code = 0;
        for (String text : chosen) {
            if (arguments.flag("ignore") && images.resolve(text).isEmpty()) {
                continue;
            }
            try {
                Removals.print(images.remove(text, arguments.flag("force"), users), session.out(), session.err());
            } catch (UserException | HostException e) {
                session.err().println("belljar: " + Text.printable(e.getMessage()));
                code = e instanceof HostException
                        ? Main.FAILED
                        : images.resolve(text).isEmpty() ? RmCommand.NONE : RmCommand.IN_USE;
            }
        }
        return code;
    }

    private static List<String> chosen(Arguments arguments, Images images) {
        if (!arguments.flag("all")) {
            arguments.expect(1, Integer.MAX_VALUE, "an image");
            return arguments.operands();
        }
        if (!arguments.operands().isEmpty()) {
            throw new UserException("name images, or choose all of them by --all; not both");
        }
        List<String> all = new ArrayList<>();
        for (ImageSummary summary : images.list()) {
            String name = summary.name().isPresent()
                    ? summary.name().get().toString()
                    : summary.image().id().hex();
            if (!all.contains(name)) {
                all.add(name);
            }
        }
        return all;
    }
}
