package belljar.cli;

/** {@code belljar image exists}. */
final class ImageExistsCommand implements Command {
    @Override
    public String name() {
        return "image exists";
    }

    @Override
    public String usage() {
        return "IMAGE";
    }

    @Override
    public String summary() {
        return "tell by the exit code whether an image is there";
    }

    @Override
    public OptionTable options() {
        return new OptionTable().flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(1, 1, "an image");
        return session.images().resolve(arguments.operands().get(0)).isPresent() ? 0 : 1;
    }
}
