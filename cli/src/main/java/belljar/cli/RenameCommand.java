package belljar.cli;

/** {@code belljar rename}. */
final class RenameCommand implements Command {
    @Override
    public String name() {
        return "rename";
    }

    @Override
    public String usage() {
        return "CONTAINER NAME";
    }

    @Override
    public String summary() {
        return "give a container another name";
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
        arguments.expect(2, 2, "a container and its new name");
        session.engine()
                .rename(arguments.operands().get(0), arguments.operands().get(1));
        return 0;
    }
}
