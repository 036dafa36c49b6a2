package belljar.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.HostException;
import belljar.failure.UserException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CredentialFilesTest {
    @TempDir
    Path directory;

    private final Map<String, String> environment = new HashMap<>();

    @BeforeEach
    void environment() throws IOException {
        Files.createDirectories(directory.resolve("bin"));
        environment.put("HOME", directory.resolve("home").toString());
        environment.put("XDG_RUNTIME_DIR", directory.resolve("runtime").toString());
        environment.put("PATH", directory.resolve("bin") + ":/usr/bin:/bin");
    }

    private Path write(String path, String content) throws IOException {
        Path file = directory.resolve(path);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, content);
    }

    private static String auth(String pair) {
        return "{\"auth\":\"" + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8)) + "\"}";
    }

    private static String auths(String key, String pair) {
        return "{\"auths\":{\"" + key + "\":" + auth(pair) + "}}";
    }

    private Optional<Credential> find(String registry, String repository) {
        return new CredentialFiles(environment, null).find(registry, repository);
    }

    private static Optional<Credential> password(String user, String secret) {
        return Optional.of(new Credential.Password(user, secret));
    }

    private void helper(String name, String script) throws IOException {
        Path program = write("bin/docker-credential-" + name, "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @Test
    void findsNothingWhereNoFileIs() {
        assertThat(find("r.example", "a/b")).isEmpty();
    }

    @Test
    void asksTheFilesInTheManualPagesOrder() throws IOException {
        write("home/.docker/config.json", auths("r.example", "docker:4"));
        assertThat(find("r.example", "a")).isEqualTo(password("docker", "4"));
        write("home/.config/containers/auth.json", auths("r.example", "config:3"));
        assertThat(find("r.example", "a")).isEqualTo(password("config", "3"));
        write("runtime/containers/auth.json", auths("r.example", "runtime:2"));
        assertThat(find("r.example", "a")).isEqualTo(password("runtime", "2"));
        environment.put(
                "REGISTRY_AUTH_FILE",
                write("env.json", auths("r.example", "env:1")).toString());
        assertThat(find("r.example", "a")).isEqualTo(password("env", "1"));
        Path chosen = write("chosen.json", auths("r.example", "chosen:0"));
        assertThat(new CredentialFiles(environment, chosen).find("r.example", "a"))
                .isEqualTo(password("chosen", "0"));
    }

    @Test
    void looksNowhereElseWhenAFileIsChosen() throws IOException {
        write("home/.docker/config.json", auths("r.example", "docker:4"));
        Path chosen = write("chosen.json", "{}");
        assertThat(new CredentialFiles(environment, chosen).find("r.example", "a"))
                .isEmpty();
    }

    @Test
    void honoursDockersOwnDirectory() throws IOException {
        environment.put("DOCKER_CONFIG", directory.resolve("elsewhere").toString());
        write("elsewhere/config.json", auths("r.example", "u:p"));
        assertThat(find("r.example", "a")).isEqualTo(password("u", "p"));
    }

    @Test
    void prefersTheLongestNamespace() throws IOException {
        write(
                "runtime/containers/auth.json",
                "{\"auths\":{\"r.example:5000\":" + auth("host:1") + ",\"r.example:5000/team\":" + auth("team:2")
                        + ",\"r.example:5000/team/app\":" + auth("app:3") + "}}");
        assertThat(find("r.example:5000", "team/app")).isEqualTo(password("app", "3"));
        assertThat(find("r.example:5000", "team/app/x")).isEqualTo(password("app", "3"));
        assertThat(find("r.example:5000", "team/other")).isEqualTo(password("team", "2"));
        assertThat(find("r.example:5000", "teams")).isEqualTo(password("host", "1"));
    }

    @Test
    void knowsDockerHubUnderItsOldAddress() throws IOException {
        write("home/.docker/config.json", auths("https://index.docker.io/v1/", "hub:p"));
        assertThat(find("docker.io", "library/debian")).isEqualTo(password("hub", "p"));
    }

    @Test
    void knowsARegistryByAnAddress() throws IOException {
        write("home/.docker/config.json", auths("https://r.example/v1/", "u:p"));
        assertThat(find("r.example", "a")).isEqualTo(password("u", "p"));
    }

    @Test
    void keepsColonsInPasswordsAndStripsZeroBytes() throws IOException {
        write("home/.docker/config.json", auths("r.example", "u:a:b\0\0"));
        assertThat(find("r.example", "a")).isEqualTo(password("u", "a:b"));
    }

    @Test
    void readsTokens() throws IOException {
        write(
                "home/.docker/config.json",
                "{\"auths\":{\"a.example\":{\"auth\":\"\",\"identitytoken\":\"t\"},"
                        + "\"b.example\":{\"registrytoken\":\"r\"},"
                        + "\"c.example\":{\"username\":\"u\",\"password\":\"p\"},\"d.example\":{}}}");
        assertThat(find("a.example", "x")).contains(new Credential.IdentityToken("t"));
        assertThat(find("b.example", "x")).contains(new Credential.RegistryToken("r"));
        assertThat(find("c.example", "x")).isEqualTo(password("u", "p"));
        assertThat(find("d.example", "x")).isEmpty();
    }

    @Test
    void asksTheHelperOfARegistryInsteadOfTheFile() throws IOException {
        helper(
                "one",
                "read -r server; echo \"{\\\"ServerURL\\\":\\\"$server\\\",\\\"Username\\\":\\\"u-$1-$server\\\","
                        + "\\\"Secret\\\":\\\"s\\\"}\"");
        write(
                "runtime/containers/auth.json",
                "{\"credHelpers\":{\"r.example\":\"one\"},\"auths\":{\"r.example\":" + auth("file:1") + "}}");
        assertThat(find("r.example", "a")).isEqualTo(password("u-get-r.example", "s"));
    }

    @Test
    void asksTheDefaultStoreUnderDockerHubsKey() throws IOException {
        helper(
                "store",
                "server=$(cat); [ \"$server\" = https://index.docker.io/v1/ ] ||"
                        + " { echo 'credentials not found in native keychain'; exit 1; };"
                        + " echo '{\"Username\":\"<token>\",\"Secret\":\"t\"}'");
        write(
                "home/.docker/config.json",
                "{\"credsStore\":\"store\",\"auths\":{\"r.example\":" + auth("file:1") + "}}");
        assertThat(find("docker.io", "library/x")).contains(new Credential.IdentityToken("t"));
        assertThat(find("r.example", "a")).isEqualTo(password("file", "1"));
    }

    @Test
    void passesOverADefaultStoreThatIsNotInstalled() throws IOException {
        write("home/.docker/config.json", "{\"credsStore\":\"desktop\"}");
        assertThat(find("r.example", "a")).isEmpty();
    }

    @Test
    void namesAHelperThatIsNotInstalled() throws IOException {
        write("home/.docker/config.json", "{\"credHelpers\":{\"r.example\":\"gone\"}}");
        assertThatThrownBy(() -> find("r.example", "a"))
                .isInstanceOf(HostException.class)
                .hasMessage(
                        "credential helper 'docker-credential-gone' is not on the PATH: install it or pass --creds");
    }

    @Test
    void refusesAHelperThatIsAPath() throws IOException {
        write("home/.docker/config.json", "{\"credHelpers\":{\"r.example\":\"x/../../evil\"}}");
        assertThatThrownBy(() -> find("r.example", "a")).isInstanceOf(UserException.class);
    }

    @Test
    void repeatsAHelpersWordsButNoSecret() throws IOException {
        helper("locked", "echo 'the keychain is locked'; exit 3");
        helper("broken", "echo '{\"Secret\":\"hunter2\"'");
        write("home/.docker/config.json", "{\"credHelpers\":{\"a.example\":\"locked\",\"b.example\":\"broken\"}}");
        assertThatThrownBy(() -> find("a.example", "x"))
                .hasMessage("credential helper 'docker-credential-locked' failed with exit code 3:"
                        + " the keychain is locked");
        assertThatThrownBy(() -> find("b.example", "x"))
                .isInstanceOf(HostException.class)
                .hasMessageNotContaining("hunter2");
    }

    @Test
    void namesAMalformedFileWithoutItsContent() throws IOException {
        Path file = write("home/.docker/config.json", "{\"auths\":{\"r.example\":\"hunter2\"}}");
        assertThatThrownBy(() -> find("r.example", "a"))
                .isInstanceOf(UserException.class)
                .hasMessageContaining(file.toString())
                .hasMessageNotContaining("hunter2");
        write("home/.docker/config.json", "hunter2");
        assertThatThrownBy(() -> find("r.example", "a"))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("not valid JSON")
                .hasMessageNotContaining("hunter2");
        write("home/.docker/config.json", "{\"auths\":{\"r.example\":{\"auth\":\"hunter2\"}}}");
        assertThatThrownBy(() -> find("r.example", "a"))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("r.example")
                .hasMessageNotContaining("hunter2");
    }

    @Test
    void saysWhenTheChosenFileIsMissing() {
        assertThatThrownBy(() -> new CredentialFiles(environment, directory.resolve("none")).find("r.example", "a"))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("does not exist");
    }

    @Test
    void neverShowsASecretAsText() {
        assertThat(new Credential.Password("user", "hunter2")).hasToString("password of user 'user'");
        assertThat(new Credential.IdentityToken("hunter2").toString()).doesNotContain("hunter2");
        assertThat(new Credential.RegistryToken("hunter2").toString()).doesNotContain("hunter2");
    }

    @Test
    void readsTheArgumentOfTheCommandLine() {
        assertThat(Credential.parse("u:p:q")).isEqualTo(new Credential.Password("u", "p:q"));
        assertThatThrownBy(() -> Credential.parse("hunter2"))
                .isInstanceOf(UserException.class)
                .hasMessageNotContaining("hunter2");
    }
}
