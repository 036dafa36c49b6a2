package belljar.cli;

import belljar.failure.UserException;
import belljar.image.Credential;
import belljar.image.RegistryOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** The options of every command that may talk to a registry. */
final class RegistryArguments {
    private RegistryArguments() {}

    static OptionTable declare(OptionTable table) {
        return table.flag("tls-verify", "demand HTTPS and valid certificates (true)")
                .value("creds", "USER:PASSWORD", "credentials for the registry")
                .value("authfile", "FILE", "read credentials from a file")
                .value("cert-dir", "DIR", "certificates for the registry");
    }

    /** {@return whether any of them was given; if not, the classes behind them need not be loaded} */
    static boolean areGiven(Arguments arguments) {
        return arguments.has("tls-verify")
                || arguments.has("creds")
                || arguments.has("authfile")
                || arguments.has("cert-dir");
    }

    static RegistryOptions parse(Arguments arguments, Map<String, String> env) {
        RegistryOptions options =
                RegistryOptions.defaults().withEnvironment(env).withTlsVerify(arguments.flag("tls-verify", true));
        if (arguments.has("creds")) {
            options = options.withCredential(Credential.parse(arguments.value("creds")));
        }
        if (arguments.has("authfile")) {
            Path file = Path.of(arguments.value("authfile"));
            // It is read only where a registry asks for credentials; a mistyped name must not pass for none.
            if (!Files.isReadable(file)) {
                throw new UserException("--authfile " + file + " cannot be read; correct its path");
            }
            options = options.withAuthFile(file);
        }
        if (arguments.has("cert-dir")) {
            options = options.withCertificates(Path.of(arguments.value("cert-dir")));
        }
        return options;
    }
}
