package belljar.image;

import belljar.failure.UserException;
import belljar.json.Json;
import belljar.json.JsonException;
import belljar.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Finds credentials in the files that {@code podman login} and {@code docker login} write, in the order of
 * containers-auth.json(5). Files are read at each question, so a login while a long-lived process runs takes effect.
 */
final class CredentialFiles {
    /** The name under which Docker's tools keep the credentials of docker.io. */
    private static final String HUB_KEY = "https://index.docker.io/v1/";

    private final Map<String, String> environment;
    private final @Nullable Path chosen;

    /**
     * Prepares a search.
     *
     * @param environment the variables of this process
     * @param chosen the argument of {@code --authfile}, or null
     */
    CredentialFiles(Map<String, String> environment, @Nullable Path chosen) {
        this.environment = environment;
        this.chosen = chosen;
    }

    /**
     * Finds the credential for a repository: the first file with a match wins, and in a file the longest name.
     *
     * @param registry the registry's host and port, {@code docker.io} for Docker Hub
     * @param repository the path below it
     * @return the credential, or nothing where no file has one
     * @throws UserException if a file that exists cannot be read or is malformed
     */
    Optional<Credential> find(String registry, String repository) {
        String explicit = chosen != null ? chosen.toString() : variable("REGISTRY_AUTH_FILE");
        if (!explicit.isEmpty()) {
            JsonObject file = read(Path.of(explicit));
            if (file == null) {
                throw new UserException("the authentication file " + explicit
                        + " does not exist: correct --authfile or REGISTRY_AUTH_FILE");
            }
            return in(file, Path.of(explicit), registry, repository);
        }
        for (Path path : searched()) {
            JsonObject file = read(path);
            if (file != null) {
                Optional<Credential> found = in(file, path, registry, repository);
                if (found.isPresent()) {
                    return found;
                }
            }
        }
        return Optional.empty();
    }

    private List<Path> searched() {
        List<Path> paths = new ArrayList<>();
        paths.add(ofThisBoot(environment));
        String home = variable("HOME");
        String config = variable("XDG_CONFIG_HOME");
        if (config.isEmpty() && !home.isEmpty()) {
            config = home + "/.config";
        }
        if (!config.isEmpty()) {
            paths.add(Path.of(config, "containers", "auth.json"));
        }
        String docker = variable("DOCKER_CONFIG");
        if (docker.isEmpty() && !home.isEmpty()) {
            docker = home + "/.docker";
        }
        if (!docker.isEmpty()) {
            paths.add(Path.of(docker, "config.json"));
        }
        return paths;
    }

    /** {@return the file that a login is written to unless an option names another} */
    static Path written(Map<String, String> environment) {
        String explicit = environment.getOrDefault("REGISTRY_AUTH_FILE", "");
        return explicit.isEmpty() ? ofThisBoot(environment) : Path.of(explicit);
    }

    private static Path ofThisBoot(Map<String, String> environment) {
        String runtime = environment.getOrDefault("XDG_RUNTIME_DIR", "");
        return runtime.isEmpty()
                ? Path.of("/run/containers", userId(), "auth.json")
                : Path.of(runtime, "containers", "auth.json");
    }

    private String variable(String name) {
        return environment.getOrDefault(name, "");
    }

    private static String userId() {
        try {
            return String.valueOf(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
        } catch (IOException e) {
            return "0";
        }
    }

    /** {@return an authentication file; null when it does not exist} */
    static @Nullable JsonObject read(Path path) {
        try {
            String text = Files.readString(path);
            return text.isBlank() ? JsonObject.EMPTY : Json.parse(text).asObject();
        } catch (NoSuchFileException e) {
            return null;
        } catch (IOException e) {
            // Below a directory that only another user may enter there is nothing for this one.
            if (!Files.exists(path)) {
                return null;
            }
            throw new UserException("the authentication file " + path + " cannot be read: check its permissions", e);
        } catch (JsonException e) {
            // Without the parser's words: it quotes what it found, and that may be a secret.
            throw new UserException("the authentication file " + path + " is not valid JSON: log in again or mend it");
        }
    }

    private Optional<Credential> in(JsonObject file, Path path, String registry, String repository) {
        try {
            JsonObject helpers = file.object("credHelpers");
            String named = helperOf(helpers, registry);
            if (!named.isEmpty()) {
                return ask(new CredentialHelper(named, path, environment), registry);
            }
            String store = file.text("credsStore", "");
            if (!store.isEmpty()) {
                CredentialHelper helper = new CredentialHelper(store, path, environment);
                // A default store that is not installed must not forbid anonymous pulls; a chosen helper must answer.
                Optional<Credential> kept = helper.installed() ? ask(helper, registry) : Optional.empty();
                if (kept.isPresent()) {
                    return kept;
                }
            }
            return stored(file.object("auths"), path, registry, repository);
        } catch (JsonException e) {
            throw new UserException("the authentication file " + path
                    + " does not have the form of containers-auth.json(5): log in again or mend it");
        }
    }

    private static String helperOf(JsonObject helpers, String registry) throws JsonException {
        for (String key : helpers.members().keySet()) {
            if (normal(key).equals(registry)) {
                return helpers.text(key);
            }
        }
        return "";
    }

    private static Optional<Credential> ask(CredentialHelper helper, String registry) {
        if (registry.equals(RegistryHost.HUB)) {
            Optional<Credential> found = helper.get(HUB_KEY);
            if (found.isPresent()) {
                return found;
            }
        }
        return helper.get(registry);
    }

    /** Looks for the repository, then each of its namespaces, then the registry, as the manual page orders it. */
    private static Optional<Credential> stored(JsonObject auths, Path path, String registry, String repository)
            throws JsonException {
        String name = registry + "/" + repository;
        while (true) {
            for (String key : auths.members().keySet()) {
                if (key.equals(name) || normal(key).equals(name)) {
                    Optional<Credential> found = entry(auths.object(key), path, key);
                    if (found.isPresent()) {
                        return found;
                    }
                }
            }
            int slash = name.lastIndexOf('/');
            if (slash < 0) {
                return Optional.empty();
            }
            name = name.substring(0, slash);
        }
    }

    /** Docker's older files have URLs as keys; only their host counts. */
    private static String normal(String key) {
        String name = key;
        boolean url = false;
        for (String scheme : List.of("https://", "http://")) {
            if (name.startsWith(scheme)) {
                name = name.substring(scheme.length());
                url = true;
            }
        }
        int slash = name.indexOf('/');
        if (slash >= 0 && (url || name.endsWith("/v1/") || name.endsWith("/v2/"))) {
            name = name.substring(0, slash);
        }
        return RegistryHost.canonical(name);
    }

    private static Optional<Credential> entry(JsonObject entry, Path path, String key) throws JsonException {
        String registryToken = entry.text("registrytoken", "");
        if (!registryToken.isEmpty()) {
            return Optional.of(new Credential.RegistryToken(registryToken));
        }
        String identityToken = entry.text("identitytoken", "");
        if (!identityToken.isEmpty()) {
            return Optional.of(new Credential.IdentityToken(identityToken));
        }
        String auth = entry.text("auth", "");
        if (auth.isEmpty()) {
            String user = entry.text("username", "");
            return user.isEmpty()
                    ? Optional.empty()
                    : Optional.of(new Credential.Password(user, entry.text("password", "")));
        }
        return Optional.of(decode(auth, path, key));
    }

    private static Credential decode(String auth, Path path, String key) {
        String decoded;
        try {
            decoded = new String(Base64.getDecoder().decode(auth.strip()), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            decoded = "";
        }
        int colon = decoded.indexOf(':');
        if (colon <= 0) {
            throw new UserException("the entry for '" + key + "' in " + path
                    + " is not the base64 form of user:password: log in again");
        }
        // Docker once padded with zero bytes and still strips them.
        String secret = decoded.substring(colon + 1);
        int end = secret.length();
        while (end > 0 && secret.charAt(end - 1) == 0) {
            end--;
        }
        return new Credential.Password(decoded.substring(0, colon), secret.substring(0, end));
    }
}
