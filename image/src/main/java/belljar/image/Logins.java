package belljar.image;

import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.json.Json;
import belljar.json.JsonObject;
import belljar.json.JsonWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.Map;

/**
 * Keeps users' names and passwords for registries where {@code podman login} keeps them, in the form of
 * containers-auth.json(5). Other entries of that file stay as they are. For one thread.
 */
public final class Logins {
    private final RegistryOptions options;
    private final Path file;

    /** @param options which file, and how to talk to registries */
    public Logins(RegistryOptions options) {
        this.options = options;
        this.file = options.authFile().orElseGet(() -> CredentialFiles.written(options.environment()));
    }

    /** {@return the file that passwords are kept in} */
    public Path file() {
        return file;
    }

    /**
     * Asks a registry whether it takes a password, and keeps it.
     *
     * @param registry its host and optional port, such as {@code docker.io}
     * @param credential the user's name and password
     * @throws UserException if the registry refuses them, or the file is malformed
     * @throws HostException if the registry cannot be reached or the file not be written
     */
    public void login(String registry, Credential.Password credential) {
        try (RegistryClient client = RegistryClient.of(options.withCredential(credential), registry)) {
            client.ping();
        }
        byte[] pair = (credential.user() + ":" + credential.secret()).getBytes(StandardCharsets.UTF_8);
        JsonObject entry = JsonObject.builder()
                .put("auth", Base64.getEncoder().encodeToString(pair))
                .build();
        JsonObject document = read();
        write(document, auths(document).toBuilder().put(registry, entry).build());
    }

    /**
     * {@return the user's name that is kept for a registry; empty when there is none}
     *
     * @param registry its host and optional port
     */
    public String user(String registry) {
        return new CredentialFiles(options.environment(), options.authFile().orElse(null))
                                .find(RegistryHost.canonical(registry), "")
                                .orElse(null)
                        instanceof Credential.Password password
                ? password.user()
                : "";
    }

    /**
     * Forgets what is kept for a registry.
     *
     * @param registry its host and optional port
     * @return whether something was kept
     */
    public boolean logout(String registry) {
        JsonObject document = read();
        JsonObject.Builder left = JsonObject.builder();
        boolean found = false;
        for (Map.Entry<String, Json> entry : auths(document).members().entrySet()) {
            if (entry.getKey().equals(registry)) {
                found = true;
            } else {
                left.put(entry.getKey(), entry.getValue());
            }
        }
        if (found) {
            write(document, left.build());
        }
        return found;
    }

    /** Forgets what is kept for all registries. */
    public void logoutAll() {
        JsonObject document = read();
        if (!auths(document).members().isEmpty()) {
            write(document, JsonObject.EMPTY);
        }
    }

    private JsonObject read() {
        JsonObject document = CredentialFiles.read(file);
        return document == null ? JsonObject.EMPTY : document;
    }

    private JsonObject auths(JsonObject document) {
        Json auths = document.get("auths");
        if (auths == null || auths instanceof Json.Null) {
            return JsonObject.EMPTY;
        }
        if (auths instanceof JsonObject object) {
            return object;
        }
        throw new UserException("the authentication file " + file
                + " does not have the form of containers-auth.json(5): mend or remove it");
    }

    /** By a new file in its place, so that a reader never sees half of it, and readable by this user only. */
    private void write(JsonObject document, JsonObject auths) {
        String text = JsonWriter.writeIndented(
                        document.toBuilder().put("auths", auths).build())
                + "\n";
        Path parent = file.toAbsolutePath().getParent();
        if (parent == null) {
            throw new UserException("the authentication file " + file + " is a directory; name a file");
        }
        try {
            Files.createDirectories(
                    parent, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            Path made = Files.createTempFile(parent, ".auth", ""); // made with mode 0600
            try {
                Files.writeString(made, text);
                Files.move(made, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(made);
            }
        } catch (IOException e) {
            throw new HostException("the authentication file " + file + " cannot be written: " + e, e);
        }
    }
}
