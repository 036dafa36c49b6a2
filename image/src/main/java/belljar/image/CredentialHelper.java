package belljar.image;

import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.json.Json;
import belljar.json.JsonException;
import belljar.json.JsonObject;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A program that keeps credentials, spoken to by the protocol of github.com/docker/docker-credential-helpers:
 * {@code docker-credential-NAME get} reads a server's name from standard input and writes a JSON object.
 */
final class CredentialHelper {
    /** A helper may have to wait for a person to unlock a keychain. */
    private static final long PATIENCE_SECONDS = 120;

    /** How a helper says that it does not know a server (credentials/error.go). */
    private static final String NOT_FOUND = "credentials not found";

    /** The user name that marks the secret as an identity token (docker/cli, config/credentials). */
    private static final String TOKEN_USER = "<token>";

    private final String program;
    private final Map<String, String> environment;

    /**
     * Names a helper.
     *
     * @param name the part after {@code docker-credential-}
     * @param source the file that names it
     * @param environment the variables of this process; {@code PATH} is searched for the helper
     */
    CredentialHelper(String name, Path source, Map<String, String> environment) {
        if (name.isEmpty() || name.indexOf('/') >= 0) {
            throw new UserException("credential helper '" + name + "' in " + source
                    + " is not a program's name: write the part after 'docker-credential-'");
        }
        this.program = "docker-credential-" + name;
        this.environment = environment;
    }

    /** {@return whether the helper's program is on the path} */
    boolean installed() {
        return find() != null;
    }

    /**
     * Asks for a credential.
     *
     * @param server the server's name as the helper knows it
     * @return the credential, or nothing where the helper knows none
     * @throws HostException if the helper is missing, fails, or answers with something else than the protocol's object
     */
    Optional<Credential> get(String server) {
        Path path = find();
        if (path == null) {
            throw failed("is not on the PATH: install it or pass --creds");
        }
        try {
            Process process = start(path);
            // Reading blocks until the helper ends, so somebody else has to hold the clock.
            Thread clock = Thread.ofVirtual().start(() -> endLate(process));
            try {
                tell(process, server);
                String answer = new String(process.getInputStream().readNBytes(1 << 20), StandardCharsets.UTF_8);
                int code = process.waitFor();
                return code == 0 ? read(answer) : refused(answer.strip(), code);
            } finally {
                clock.interrupt();
                process.destroyForcibly();
            }
        } catch (IOException e) {
            throw new HostException("credential helper '" + program + "' cannot be run: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HostException("the wait for credential helper '" + program + "' was interrupted", e);
        }
    }

    private Process start(Path path) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(path.toString(), "get");
        builder.environment().clear();
        builder.environment().putAll(environment);
        // Its messages and prompts are for the person at the terminal.
        builder.redirectError(ProcessBuilder.Redirect.INHERIT);
        return builder.start();
    }

    private static void endLate(Process process) {
        try {
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void tell(Process process, String server) {
        try (OutputStream stdin = process.getOutputStream()) {
            stdin.write(server.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            // A helper may answer without reading; what it answers decides.
        }
    }

    private Optional<Credential> read(String answer) {
        try {
            JsonObject object = Json.parse(answer).asObject();
            String user = object.text("Username", "");
            String secret = object.text("Secret", "");
            if (secret.isEmpty()) {
                return Optional.empty();
            }
            return Optional.of(
                    user.equals(TOKEN_USER)
                            ? new Credential.IdentityToken(secret)
                            : new Credential.Password(user, secret));
        } catch (JsonException e) {
            // The parser quotes what it found, and that may be the secret.
            throw failed("answered with something else than the JSON object of its protocol");
        }
    }

    private Optional<Credential> refused(String answer, int code) {
        if (answer.contains(NOT_FOUND)) {
            return Optional.empty();
        }
        int end = answer.indexOf('\n');
        String reason = end < 0 ? answer : answer.substring(0, end);
        boolean sayable = !reason.isEmpty() && !reason.startsWith("{") && reason.length() <= 200;
        throw failed("failed with exit code " + code + (sayable ? ": " + reason : ": run it by hand to see why"));
    }

    private HostException failed(String what) {
        return new HostException("credential helper '" + program + "' " + what, program, 0);
    }

    private @Nullable Path find() {
        for (String directory : environment.getOrDefault("PATH", "").split(":", -1)) {
            if (!directory.isEmpty()) {
                Path candidate = Path.of(directory, program);
                if (Files.isExecutable(candidate) && !Files.isDirectory(candidate)) {
                    return candidate;
                }
            }
        }
        return null;
    }
}
