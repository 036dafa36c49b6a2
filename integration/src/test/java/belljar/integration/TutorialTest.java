package belljar.integration;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The commands of Podman's introductory tutorials, podman_tutorial.md and basic_networking.md, in their order and with
 * {@code belljar} in place of {@code podman}. The image comes from a registry on this machine and not from Docker's.
 */
@ExtendWith(LeakCheck.class)
final class TutorialTest {
    private static final String PAGE = "It works!";
    private static final String SERVE =
            "CMD [\"busybox\", \"httpd\", \"-f\", \"-v\", \"-p\", \"80\", \"-h\", \"/www\"]";

    private static Registry registry;
    private static Belljar belljar;
    private static String httpd;

    @BeforeAll
    static void aRegistryHasTheImage() {
        Machine.needsRoot();
        registry = Registry.open();
        httpd = registry.name() + "/library/httpd";
        belljar = Belljar.fresh();
        belljar.good(
                "run",
                "-q",
                "--name",
                "base",
                Shared.BUSYBOX,
                "busybox",
                "sh",
                "-c",
                "mkdir /www; echo '" + PAGE + "' >/www/index.html");
        belljar.good("commit", "-q", "-c", SERVE, "-c", "EXPOSE 80", "base", httpd);
        belljar.good("rm", "base");
        belljar.good("push", "-q", "--tls-verify=false", httpd);
        belljar.good("rmi", httpd, Shared.BUSYBOX);
        belljar.good("pull", "--tls-verify=false", httpd);
    }

    @AfterAll
    static void theRegistryGoes() {
        if (registry != null) {
            registry.close();
        }
    }

    @AfterEach
    void nothingIsLeft() {
        belljar.good("rm", "-f", "-t", "0", "-a");
        belljar.good("network", "prune", "-f");
    }

    /** What curl(1) would write. */
    private static String curl(String url) {
        try {
            URLConnection connection = URI.create(url).toURL().openConnection();
            connection.setConnectTimeout(10_000);
            connection.setReadTimeout(10_000);
            try (InputStream stream = connection.getInputStream()) {
                return new String(stream.readAllBytes(), StandardCharsets.UTF_8).strip();
            }
        } catch (IOException e) {
            return e.toString();
        }
    }

    private static List<String> lines(String... command) {
        return belljar.good(command).lines().toList();
    }

    private static void isRefused(String part, String... command) {
        Program.Result result = belljar.run(command);
        assertThat(result.code()).isEqualTo(125);
        assertThat(result.err()).startsWith("belljar: ").contains(part).hasLineCount(1);
    }

    @Test
    void familiarizingYourself() {
        assertThat(lines("images")).hasSize(2).last().asString().startsWith(httpd);
        int port = Machine.freePort();
        String id = belljar.good("run", "-dt", "-p", port + ":80/tcp", httpd);
        assertThat(id).hasSize(64);
        assertThat(lines("ps")).hasSize(2).last().asString().startsWith(id.substring(0, 12));
        assertThat(lines("ps").getLast()).contains("0.0.0.0:" + port + "->80/tcp", httpd, "Up ");
        List<String> addresses = new ArrayList<>();
        for (String line : lines("inspect", "-l")) {
            if (line.contains("IPAddress\":")) {
                addresses.add(line.strip());
            }
        }
        assertThat(addresses).isNotEmpty().first().asString().matches("\"IPAddress\": \"10\\.[0-9.]+\",");
        String address = addresses.getFirst().split("\"", -1)[3];
        Await.until(
                "the server answers", () -> curl("http://" + address + ":80").equals(PAGE));
        assertThat(curl("http://localhost:" + port)).isEqualTo(PAGE);
        assertThat(belljar.good("logs", "-l")).contains("response:200");
        assertThat(belljar.good("logs", "--latest")).contains("response:200");
        assertThat(lines("top", id))
                .hasSize(2)
                .last()
                .asString()
                .startsWith("root")
                .contains("httpd -f -v");
        assertThat(lines("top", "-l")).hasSize(2);
        assertThat(belljar.good("port", "-l")).isEqualTo("80/tcp -> 0.0.0.0:" + port);
        isRefused("cannot save a running container", "container", "checkpoint", id);
        isRefused("cannot save a running container", "container", "restore", id);
        assertThat(curl("http://" + address + ":80")).isEqualTo(PAGE);
        assertThat(belljar.good("stop", "-t", "1", "--latest")).isEqualTo(id);
        assertThat(lines("ps")).hasSize(1);
        assertThat(lines("ps", "-a")).hasSize(2).last().asString().contains("Exited (");
        assertThat(belljar.good("rm", "--latest")).isEqualTo(id);
        assertThat(lines("ps", "-a")).hasSize(1);
        isRefused("does not search registries", "search", "httpd");
    }

    @Test
    void basicNetworking() {
        String network = belljar.good("network", "create");
        assertThat(lines("network", "ls", "--format", "{{.Name}}")).contains(network);
        int port = Machine.freePort();
        int second = Machine.freePort();
        belljar.good("run", "-d", "--name", "webserver", "-p", port + ":80", httpd);
        belljar.good("run", "-d", "--name", "webserver2", "--network", network, "-p", second + ":80", httpd);
        Await.until(
                "both answer",
                () -> curl("http://127.0.0.1:" + port).equals(PAGE)
                        && curl("http://127.0.0.1:" + second).equals(PAGE));
        String gateway = belljar.good(
                "inspect", "--format", "{{range .NetworkSettings.Networks}}{{.Gateway}}{{end}}", "webserver");
        assertThat(belljar.good("run", "--rm", httpd, "busybox", "wget", "-qO-", "http://" + gateway + ":" + port))
                .isEqualTo(PAGE);
        assertThat(belljar.good("exec", "webserver", "busybox", "ip", "address", "show", "eth0"))
                .contains("inet 10.");
        assertThat(belljar.good("info", "--format", "{{.Host.NetworkBackend}}")).isEqualTo("belljar");
        isRefused("macvlan", "network", "create", "-d", "macvlan", "-o", "parent=eth0", "webnetwork");
    }
}
