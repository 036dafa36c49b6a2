package belljar.cli;

/** {@code belljar healthcheck run}. */
final class HealthcheckRunCommand implements Command {
    @Override
    public String name() {
        return "healthcheck run";
    }

    @Override
    public String usage() {
        return "CONTAINER";
    }

    @Override
    public String summary() {
        return "check a container's health now; the exit code is 0 or 1";
    }

    @Override
    public OptionTable options() {
        return new OptionTable().flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(1, 1, "a container");
        if (session.engine().checkHealth(arguments.operands().get(0))) {
            return 0;
        }
        session.out().println("unhealthy");
        return 1;
    }
}
