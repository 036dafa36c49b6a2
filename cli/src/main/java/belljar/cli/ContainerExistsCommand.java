package belljar.cli;

/** {@code belljar container exists}. */
final class ContainerExistsCommand implements Command {
    @Override
    public String name() {
        return "container exists";
    }

    @Override
    public String usage() {
        return "CONTAINER";
    }

    @Override
    public String summary() {
        return "tell by the exit code whether a container is there";
    }

    @Override
    public OptionTable options() {
        return new OptionTable().flag("help", 'h', "show this help");
    }

    @Override
    public boolean canBeHandedOver(Arguments arguments) {
        return true;
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(1, 1, "a container");
        return RmCommand.exists(session.engine(), arguments.operands().get(0)) ? 0 : 1;
    }
}
