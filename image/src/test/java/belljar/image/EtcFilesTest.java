package belljar.image;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.Test;

final class EtcFilesTest {
    private static final DebControl PACKAGE = new DebControl("x", "1", "all", Set.of());

    private final DebTree tree = new DebTree();

    private EtcFilesTest with(String path, String content) throws IOException {
        tree.add(PACKAGE, path, new DebNode.Regular(new DebNode.Meta(0755, 0, 0, 1), DebContent.of(content)));
        return this;
    }

    private void complete() throws IOException {
        EtcFiles.complete(tree, "ID=test\n");
    }

    private String text(String path) throws IOException {
        return EtcFiles.text(tree, path);
    }

    @Test
    void makesAnEmptyTreeAWorkingSystem() throws IOException {
        complete();

        assertThat(text("etc/passwd")).startsWith("root:*:0:0:root:/root:/bin/sh\n");
        assertThat(text("etc/group")).startsWith("root:*:0:\n");
        assertThat(text("etc/nsswitch.conf")).contains("hosts: files dns\n");
        assertThat(text("etc/hosts")).contains("127.0.0.1\tlocalhost\n");
        assertThat(text("etc/os-release")).isEqualTo("ID=test\n");
        assertThat(tree.nodes()).containsKeys("etc/resolv.conf", "etc/hostname", "etc/mtab", "etc/ld.so.conf");
        assertThat(tree.nodes()).doesNotContainKeys("etc/shadow", "usr/bin/sh", "etc/localtime", "etc/ssl");
    }

    @Test
    void overwritesNothingOfAPackage() throws IOException {
        with("./etc/nsswitch.conf", "theirs")
                .with("./usr/lib/os-release", "theirs")
                .complete();

        assertThat(text("etc/nsswitch.conf")).isEqualTo("theirs");
        assertThat(text("etc/os-release")).isEqualTo("theirs");
    }

    @Test
    void linksWellKnownAlternatives() throws IOException {
        with("./usr/bin/mawk", "mawk").with("./bin/nc.traditional", "nc").complete();

        assertThat(text("usr/bin/awk")).isEqualTo("mawk");
        assertThat(text("bin/nc")).isEqualTo("nc");
        assertThat(tree.at("usr/bin/awk"))
                .isInstanceOfSatisfying(
                        DebNode.Link.class, link -> assertThat(link.target()).isEqualTo("/etc/alternatives/awk"));
        assertThat(tree.nodes()).doesNotContainKey("usr/bin/pager");
    }

    @Test
    void prefersTheAlternativeOfHigherPriority() throws IOException {
        with("./usr/bin/mawk", "mawk").with("./usr/bin/gawk", "gawk").complete();

        assertThat(text("usr/bin/awk")).isEqualTo("gawk");
    }

    @Test
    void linksTheToolsOfTheNewestJava() throws IOException {
        with("./usr/lib/jvm/java-17-openjdk-amd64/bin/java", "17")
                .with("./usr/lib/jvm/java-8-openjdk-amd64/bin/java", "8")
                .with("./usr/lib/jvm/java-8-openjdk-amd64/bin/old", "8");
        tree.add(
                PACKAGE,
                "./usr/lib/jvm/java-99-alias",
                new DebNode.Link(DebNode.Meta.root(0777), "java-8-openjdk-amd64"));
        complete();

        assertThat(text("usr/bin/java")).isEqualTo("17");
        assertThat(tree.nodes()).doesNotContainKey("usr/bin/old");
    }

    @Test
    void findsAShellForSystem() throws IOException {
        with("./bin/busybox", "busybox").with("./bin/bash", "bash").complete();

        assertThat(text("bin/sh")).isEqualTo("bash");
        assertThat(text("etc/shells")).isEqualTo("/bin/sh\n/usr/bin/sh\n/bin/bash\n/usr/bin/bash\n");
        assertThat(text("etc/passwd")).startsWith("root:*:0:0:root:/root:/bin/bash\n");
    }

    @Test
    void makesUsersOfSysusersFilesAndOfKnownServices() throws IOException {
        with("./usr/lib/sysusers.d/dbus.conf", "u messagebus - - /run/dbus\n")
                .with("./usr/lib/sysusers.d/readme", "u nobody-reads-this -\n")
                .with("./usr/bin/redis-cli", "redis")
                .complete();

        assertThat(text("etc/passwd"))
                .contains("messagebus:*:101:101::/run/dbus:/usr/sbin/nologin\n")
                .contains("redis:*:102:102::/var/lib/redis:/usr/sbin/nologin\n")
                .doesNotContain("nobody-reads-this");
        assertThat(requireNonNull(tree.nodes().get("var/lib/redis")).meta())
                .isEqualTo(new DebNode.Meta(0750, 102, 102, DebNode.NEWEST));
    }

    @Test
    void copiesWhatBaseFilesWouldInstall() throws IOException {
        with("./usr/share/base-files/dot.bashrc", "rc").complete();

        assertThat(text("root/.bashrc")).isEqualTo("rc");
        assertThat(tree.at("root/.bashrc")).isNotSameAs(tree.at("usr/share/base-files/dot.bashrc"));
    }

    @Test
    void bundlesCertificatesForOpenSslAndJava() throws Exception {
        String pem = certificateOfThisJava();
        with("./usr/share/ca-certificates/mozilla/B.crt", pem.strip())
                .with("./usr/share/ca-certificates/mozilla/Broken.crt", "no certificate\n")
                .with("./usr/lib/jvm/java-17-openjdk-amd64/bin/java", "")
                .complete();

        assertThat(text("etc/ssl/certs/ca-certificates.crt")).isEqualTo(pem.strip() + "\nno certificate\n");
        assertThat(text("usr/lib/ssl/cert.pem")).startsWith("-----BEGIN CERTIFICATE-----");
        KeyStore keystore = KeyStore.getInstance("JKS");
        DebNode.Regular cacerts = (DebNode.Regular) requireNonNull(tree.nodes().get("etc/ssl/certs/java/cacerts"));
        try (InputStream in = cacerts.content().open()) {
            keystore.load(new ByteArrayInputStream(in.readAllBytes()), "changeit".toCharArray());
        }
        assertThat(keystore.size()).isEqualTo(1);
        assertThat(keystore.isCertificateEntry("debian:b.pem")).isTrue();
    }

    private static String certificateOfThisJava() throws Exception {
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init((KeyStore) null);
        for (TrustManager manager : List.of(factory.getTrustManagers())) {
            if (manager instanceof X509TrustManager trust && trust.getAcceptedIssuers().length > 0) {
                return "-----BEGIN CERTIFICATE-----\n"
                        + Base64.getMimeEncoder().encodeToString(trust.getAcceptedIssuers()[0].getEncoded())
                        + "\n-----END CERTIFICATE-----\n";
            }
        }
        throw new AssertionError("this Java trusts no certificate authority");
    }
}
