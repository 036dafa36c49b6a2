package belljar.image;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import belljar.failure.HostException;
import belljar.failure.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Speaks TLS with a real registry whose authority only this test knows. */
final class RegistryTlsTest {
    @TempDir
    Path directory;

    private @Nullable DockerRegistry running;

    @BeforeEach
    void certificates() throws IOException, InterruptedException {
        assumeTrue(
                DockerRegistry.installed("docker-registry", "openssl"),
                "needs the Debian packages docker-registry and openssl");
        DockerRegistry.run(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=test authority",
                "-keyout",
                path("ca.key"),
                "-out",
                path("ca.crt"));
        sign("server", "subjectAltName=IP:127.0.0.1");
        sign("client", "extendedKeyUsage=clientAuth");
    }

    @AfterEach
    void stop() {
        if (running != null) {
            running.close();
        }
    }

    private String path(String name) {
        return directory.resolve(name).toString();
    }

    private void sign(String name, String extension) throws IOException, InterruptedException {
        Path extensions = Files.writeString(directory.resolve(name + ".ext"), extension + "\n");
        DockerRegistry.run(
                "openssl",
                "req",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-subj",
                "/CN=" + name,
                "-keyout",
                path(name + ".key"),
                "-out",
                path(name + ".csr"));
        DockerRegistry.run(
                "openssl",
                "x509",
                "-req",
                "-in",
                path(name + ".csr"),
                "-CA",
                path("ca.crt"),
                "-CAkey",
                path("ca.key"),
                "-CAcreateserial",
                "-days",
                "2",
                "-extfile",
                extensions.toString(),
                "-out",
                path(name + ".cert"));
    }

    private DockerRegistry start(String... more) throws IOException, InterruptedException {
        String tls = "  tls:\n    certificate: " + path("server.cert") + "\n    key: " + path("server.key");
        running = new DockerRegistry(directory, tls, String.join("\n", more));
        return running;
    }

    private static RegistryOptions strict() {
        return RegistryOptions.defaults().withEnvironment(Map.of());
    }

    private Path certificateDirectory(String... names) throws IOException {
        Path certificates = Files.createDirectories(directory.resolve("certs.d"));
        for (String name : names) {
            Files.copy(directory.resolve(name), certificates.resolve(name), StandardCopyOption.REPLACE_EXISTING);
        }
        return certificates;
    }

    private static void ping(RegistryOptions options, String registry) {
        try (RegistryClient client = RegistryClient.of(options, registry)) {
            client.ping();
        }
    }

    @Test
    void trustsNobodyUnasked() throws IOException, InterruptedException {
        DockerRegistry registry = start();
        assertThatThrownBy(() -> ping(strict(), registry.name()))
                .isInstanceOf(HostException.class)
                .hasMessage("registry " + registry.name()
                        + " shows a certificate that this host does not trust (signed by an unknown authority):"
                        + " put its authority into /etc/containers/certs.d/" + registry.name()
                        + "/ca.crt or pass --tls-verify=false");
    }

    @Test
    void trustsTheAuthorityOfItsDirectory() throws IOException, InterruptedException {
        DockerRegistry registry = start();
        RegistryOptions options = strict().withCertificates(certificateDirectory("ca.crt"));
        ping(options, registry.name());
        // The certificate is for the address, not for this name of it.
        String otherName = registry.name().replace("127.0.0.1", "localhost");
        assertThatThrownBy(() -> ping(options, otherName))
                .isInstanceOf(HostException.class)
                .hasMessageContaining("certificate that this host does not trust")
                .hasMessageContaining("localhost");
    }

    @Test
    void findsTheDirectoryByTheRegistrysName() throws IOException, InterruptedException {
        DockerRegistry registry = start();
        Path home = directory.resolve("home");
        Path certificates = Files.createDirectories(
                home.resolve(".config/containers/certs.d").resolve(registry.name()));
        Files.copy(directory.resolve("ca.crt"), certificates.resolve("ca.crt"));
        ping(strict().withEnvironment(Map.of("HOME", home.toString())), registry.name());
    }

    @Test
    void takesAnyCertificateWhenAskedTo() throws IOException, InterruptedException {
        DockerRegistry registry = start();
        RegistryOptions lax = strict().withTlsVerify(false);
        ping(lax, registry.name());
        ping(lax, registry.name().replace("127.0.0.1", "localhost"));
    }

    @Test
    void showsTheCertificateOfAClient() throws IOException, InterruptedException {
        DockerRegistry registry = start("    clientcas:\n      - " + path("ca.crt"));
        assertThatThrownBy(() -> ping(strict().withCertificates(certificateDirectory("ca.crt")), registry.name()))
                .isInstanceOf(HostException.class);
        ping(strict().withCertificates(certificateDirectory("ca.crt", "client.cert", "client.key")), registry.name());
    }

    @Test
    void namesACertificateThatCannotBeUsed() throws IOException {
        Path certificates = certificateDirectory("ca.crt", "client.cert");
        RegistryOptions options = strict().withCertificates(certificates);
        assertThatThrownBy(() -> ping(options, "127.0.0.1:1"))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("lacks its key " + certificates.resolve("client.key"));
        Files.writeString(certificates.resolve("client.key"), "-----BEGIN EC PRIVATE KEY-----\n");
        assertThatThrownBy(() -> ping(options, "127.0.0.1:1"))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("openssl pkcs8");
        Files.delete(certificates.resolve("client.cert"));
        Files.writeString(certificates.resolve("bad.crt"), "nothing");
        assertThatThrownBy(() -> ping(options, "127.0.0.1:1"))
                .isInstanceOf(UserException.class)
                .hasMessageContaining(certificates.resolve("bad.crt").toString());
    }
}
