package belljar.image;

import belljar.failure.UserException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * How to talk to registries. Immutable; the {@code with} methods make changed copies.
 *
 * @param tlsVerify false to accept any certificate and, where a registry does not speak TLS, plain HTTP; nothing else
 *     ever allows plain HTTP, not even a loopback address
 * @param credential the argument of {@code --creds}; when present no file is searched
 * @param authFile the argument of {@code --authfile}; when present it is the only file searched
 * @param certificates the argument of {@code --cert-dir}: a directory as in containers-certs.d(5), used instead of the
 *     one found by the registry's name
 * @param parallel how many blobs are transferred at a time, 1 or more
 * @param environment the variables that decide on proxies and files, normally those of this process
 */
public record RegistryOptions(
        boolean tlsVerify,
        Optional<Credential> credential,
        Optional<Path> authFile,
        Optional<Path> certificates,
        int parallel,
        Map<String, String> environment) {
    /** As many as Docker uploads and Podman downloads at a time stay below most registries' limits. */
    private static final int DEFAULT_PARALLEL = 5;

    /**
     * Checks the number and copies the map.
     *
     * @throws UserException if {@code parallel} is below 1
     */
    public RegistryOptions {
        if (parallel < 1) {
            throw new UserException("the number of parallel transfers must be 1 or more, not " + parallel);
        }
        environment = Map.copyOf(environment);
    }

    /** {@return the strict options, with this process's environment} */
    public static RegistryOptions defaults() {
        return new RegistryOptions(
                true, Optional.empty(), Optional.empty(), Optional.empty(), DEFAULT_PARALLEL, System.getenv());
    }

    /**
     * {@return these options with another trust in the network}
     *
     * @param verify false to accept any certificate and plain HTTP
     */
    public RegistryOptions withTlsVerify(boolean verify) {
        return new RegistryOptions(verify, credential, authFile, certificates, parallel, environment);
    }

    /**
     * {@return these options with a credential that needs no file}
     *
     * @param given the credential
     */
    public RegistryOptions withCredential(Credential given) {
        return new RegistryOptions(tlsVerify, Optional.of(given), authFile, certificates, parallel, environment);
    }

    /**
     * {@return these options with one authentication file}
     *
     * @param file a file as in containers-auth.json(5)
     */
    public RegistryOptions withAuthFile(Path file) {
        return new RegistryOptions(tlsVerify, credential, Optional.of(file), certificates, parallel, environment);
    }

    /**
     * {@return these options with a certificate directory}
     *
     * @param directory a directory with {@code *.crt}, {@code *.cert} and {@code *.key} files
     */
    public RegistryOptions withCertificates(Path directory) {
        return new RegistryOptions(tlsVerify, credential, authFile, Optional.of(directory), parallel, environment);
    }

    /**
     * {@return these options with another number of transfers at a time}
     *
     * @param count 1 or more
     */
    public RegistryOptions withParallel(int count) {
        return new RegistryOptions(tlsVerify, credential, authFile, certificates, count, environment);
    }

    /**
     * {@return these options with other variables}
     *
     * @param variables the environment to use instead of this process's
     */
    public RegistryOptions withEnvironment(Map<String, String> variables) {
        return new RegistryOptions(tlsVerify, credential, authFile, certificates, parallel, variables);
    }
}
