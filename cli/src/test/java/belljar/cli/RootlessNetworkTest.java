package belljar.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import belljar.cli.OtherUser.Outcome;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An ordinary user's containers on the network that pasta(1) gives them. Each command has a mount namespace in which
 * everybody may open /dev/net/tun, as on most hosts.
 */
final class RootlessNetworkTest {
    private static final String OPEN_TUN = "mount --make-rprivate / && mount --bind \"$0\" /dev/net/tun && exec \"$@\"";

    @TempDir
    private static Path shared;

    private static OtherUser user;
    private static Path archive;

    @TempDir
    private Path tmp;

    private Path home = Path.of("/");

    @BeforeAll
    static void makesAUser() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "skipped: needs root to make users");
        for (String program : List.of(
                "/usr/bin/newuidmap",
                "/usr/sbin/useradd",
                "/usr/bin/setpriv",
                "/usr/bin/unshare",
                "/usr/bin/pasta",
                "/bin/busybox")) {
            assumeTrue(Files.isExecutable(Path.of(program)), "skipped: " + program + " is missing");
        }
        assumeTrue(Files.exists(Path.of("/dev/net/tun")), "skipped: there is no /dev/net/tun");
        Files.setPosixFilePermissions(shared, PosixFilePermissions.fromString("rwxr-xr-x"));
        archive = shared.resolve("two.tar");
        TwoLayers.write(shared.resolve("scratch"), archive);
        Files.setPosixFilePermissions(archive, PosixFilePermissions.fromString("rw-r--r--"));
        Path tun = shared.resolve("tun");
        assumeTrue(
                new ProcessBuilder("mknod", "-m", "666", tun.toString(), "c", "10", "200")
                                .start()
                                .waitFor()
                        == 0,
                "skipped: no device node can be made");
        user = OtherUser.make("n", shared)
                .grant(300_000)
                .behind(List.of("unshare", "-m", "sh", "-c", OPEN_TUN, tun.toString()));
    }

    @AfterAll
    static void deletesIt() throws Exception {
        if (user != null) {
            user.delete();
        }
    }

    @BeforeEach
    void begins() throws Exception {
        home = user.home(tmp);
        good("load", "-q", "-i", archive.toString());
    }

    @AfterEach
    void removesAll() throws Exception {
        good("rm", "-f", "-a", "-t", "0");
        good("rmi", "-a", "-f");
        awaitNoPasta();
    }

    private String good(String... args) throws Exception {
        Outcome outcome = user.belljar(home, "", args);
        assertThat(outcome.code())
                .as(String.join(" ", args) + ": " + outcome.err() + outcome.out())
                .isZero();
        return outcome.out().strip();
    }

    private static long pastas() {
        return ProcessHandle.allProcesses()
                .filter(process -> process.info().user().orElse("").equals(user.name()))
                .filter(process -> process.info().command().orElse("").contains("/pas"))
                .count();
    }

    private static void awaitNoPasta() throws InterruptedException {
        for (int i = 0; i < 100 && pastas() > 0; i++) {
            Thread.sleep(50);
        }
        assertThat(pastas()).isZero();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static String ask(int port) throws Exception {
        for (int i = 0; ; i++) {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                socket.setSoTimeout(2000);
                String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                if (!answer.isEmpty() || i > 50) {
                    return answer;
                }
            } catch (IOException notYet) {
                if (i > 50) {
                    throw notYet;
                }
            }
            Thread.sleep(100);
        }
    }

    private void serve(String name, int port) throws Exception {
        good(
                "run",
                "-d",
                "--name",
                name,
                "-p",
                "127.0.0.1:" + port + ":80",
                "two",
                "busybox",
                "nc",
                "-ll",
                "-p",
                "80",
                "-e",
                "busybox",
                "echo",
                "served");
    }

    @Test
    void hasAWayOut() throws Exception {
        assertThat(good("run", "--rm", "two", "busybox", "ip", "route")).contains("default via");
        assertThat(good("run", "--rm", "two", "busybox", "ip", "-o", "link")).contains("eth0");
        assertThat(good("run", "--rm", "two", "cat", "/etc/resolv.conf")).contains("nameserver");
    }

    @Test
    void servesAtAPublishedPort() throws Exception {
        int port = freePort();
        serve("web", port);
        assertThat(ask(port)).isEqualTo("served\n");
        assertThat(good("port", "web")).isEqualTo("80/tcp -> 127.0.0.1:" + port);
        assertThat(pastas()).isEqualTo(1);
        Outcome taken = user.belljar(
                home,
                "",
                "run",
                "-d",
                "--name",
                "late",
                "-p",
                "127.0.0.1:" + port + ":80",
                "two",
                "busybox",
                "sleep",
                "9");
        assertThat(taken.code()).isEqualTo(125);
        assertThat(taken.err()).contains(String.valueOf(port)).hasLineCount(1);
        assertThat(good("ps", "-a", "--format", "{{.Names}}")).isEqualTo("web");
        assertThat(pastas()).isEqualTo(1);
        good("stop", "-t", "0", "web");
        awaitNoPasta();
        good("start", "web");
        assertThat(ask(port)).isEqualTo("served\n");
    }

    @Test
    void endsWithItsContainer() throws Exception {
        good("run", "-d", "--rm", "two", "busybox", "sleep", "1");
        assertThat(pastas()).isEqualTo(1);
        awaitNoPasta();
        int port = freePort();
        serve("web", port);
        assertThat(ask(port)).isEqualTo("served\n");
        ProcessHandle keeper = ProcessHandle.of(keeper()).orElseThrow();
        keeper.destroyForcibly();
        assertThat(ask(port)).isEqualTo("served\n");
        assertThat(good("ps", "--format", "{{.Names}}")).isEqualTo("web");
        good("rm", "-f", "-t", "0", "web");
        awaitNoPasta();
    }

    private long keeper() throws IOException {
        try (var claims = Files.list(home.resolve("run/belljar/live"))) {
            for (Path claim : claims.toList()) {
                if (claim.getFileName().toString().length() == 64) {
                    return Long.parseLong(
                            Text.split(Files.readString(claim), ' ').get(2));
                }
            }
        }
        throw new IllegalStateException("nothing lives");
    }
}
