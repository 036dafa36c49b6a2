package belljar.cli;

/** {@code belljar push}. */
final class PushCommand implements Command {
    @Override
    public String name() {
        return "push";
    }

    @Override
    public String usage() {
        return "IMAGE [DESTINATION]";
    }

    @Override
    public String summary() {
        return "send an image to a registry, a directory or an archive";
    }

    @Override
    public OptionTable options() {
        return RegistryArguments.declare(new OptionTable()
                        .flag("quiet", 'q', "show no progress")
                        .flag("disable-content-trust", "nothing; Docker's clients give it"))
                .flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(1, 2, "an image");
        String image = arguments.operands().get(0);
        String destination =
                arguments.operands().size() == 2 ? arguments.operands().get(1) : image;
        try (ProgressDisplay progress = session.progress(arguments.flag("quiet"))) {
            session.images().push(image, destination, RegistryArguments.parse(arguments, session.env()), progress);
        }
        return 0;
    }
}
