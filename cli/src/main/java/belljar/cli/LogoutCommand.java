package belljar.cli;

import belljar.failure.UserException;
import belljar.image.Logins;

/** {@code belljar logout}. */
final class LogoutCommand implements Command {
    @Override
    public String name() {
        return "logout";
    }

    @Override
    public String usage() {
        return "REGISTRY";
    }

    @Override
    public String summary() {
        return "forget the password that is kept for a registry";
    }

    @Override
    public OptionTable options() {
        return new OptionTable()
                .flag("all", 'a', "forget those for all registries")
                .value("authfile", "FILE", "the file that they are kept in")
                .flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        Logins logins = new Logins(LoginCommand.options(arguments, session));
        if (arguments.flag("all")) {
            arguments.expect(0, 0, "no registry beside --all");
            logins.logoutAll();
            session.out().println("Removed login credentials for all registries");
            return 0;
        }
        arguments.expect(1, 1, "a registry, such as docker.io");
        String registry = arguments.operands().get(0);
        if (!logins.logout(registry)) {
            throw new UserException("nobody is logged in to " + registry + " by " + logins.file());
        }
        session.out().println("Removed login credentials for " + registry);
        return 0;
    }
}
