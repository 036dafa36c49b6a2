package belljar.cli;

import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.image.Credential;
import belljar.image.Logins;
import belljar.image.RegistryOptions;
import java.io.Console;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** {@code belljar login}. */
final class LoginCommand implements Command {
    @Override
    public String name() {
        return "login";
    }

    @Override
    public String usage() {
        return "REGISTRY";
    }

    @Override
    public String summary() {
        return "check a password at a registry and keep it, where Podman keeps its own";
    }

    @Override
    public OptionTable options() {
        return new OptionTable()
                .value("username", 'u', "USER", "the user's name")
                .value("password", 'p', "PASSWORD", "the password; others on this host can see it")
                .flag("password-stdin", "read the password from standard input")
                .flag("get-login", "only say as whom this user is logged in")
                .value("authfile", "FILE", "keep it in another file")
                .value("cert-dir", "DIR", "certificates for the registry")
                .flag("tls-verify", "demand HTTPS and valid certificates (true)")
                .flag("verbose", 'v', "say where the password is kept")
                .flag("help", 'h', "show this help");
    }

    /** {@return how to talk to the registry; unlike other commands, the file need not be there yet} */
    static RegistryOptions options(Arguments arguments, Session session) {
        RegistryOptions options = RegistryOptions.defaults()
                .withEnvironment(session.env())
                .withTlsVerify(arguments.flag("tls-verify", true));
        if (arguments.has("authfile")) {
            options = options.withAuthFile(Path.of(arguments.value("authfile")));
        }
        if (arguments.has("cert-dir")) {
            options = options.withCertificates(Path.of(arguments.value("cert-dir")));
        }
        return options;
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(1, 1, "a registry, such as docker.io");
        String registry = arguments.operands().get(0);
        Logins logins = new Logins(options(arguments, session));
        if (arguments.flag("get-login")) {
            String user = logins.user(registry);
            if (user.isEmpty()) {
                throw new UserException(
                        "nobody is logged in to " + registry + "; 'belljar login " + registry + "' does");
            }
            session.out().println(user);
            return 0;
        }
        String user = arguments.value("username");
        if (user.isEmpty()) {
            user = ask("Username: ", false);
        }
        String password = arguments.value("password");
        if (arguments.flag("password-stdin")) {
            password = standardInput();
        } else if (!arguments.has("password")) {
            password = ask("Password: ", true);
        }
        logins.login(registry, new Credential.Password(user, password));
        session.out().println("Login Succeeded!");
        if (arguments.flag("verbose")) {
            session.out().println("Used: " + logins.file());
        }
        return 0;
    }

    private static String standardInput() {
        try {
            return new String(System.in.readAllBytes(), StandardCharsets.UTF_8).stripTrailing();
        } catch (IOException e) {
            throw new HostException("the password cannot be read from standard input: " + e.getMessage(), e);
        }
    }

    @SuppressWarnings("SystemConsoleNull") // its documentation still allows null
    private static String ask(String prompt, boolean hidden) {
        Console console = System.console();
        if (console == null || !console.isTerminal()) {
            throw new UserException(
                    "'belljar login' asks for the name and the password, and there is no terminal to ask"
                            + " at; give --username and --password-stdin");
        }
        if (!hidden) {
            String line = console.readLine("%s", prompt);
            return line == null ? "" : line;
        }
        char[] secret = console.readPassword("%s", prompt);
        return secret == null ? "" : new String(secret);
    }
}
