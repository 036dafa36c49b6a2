package belljar.integration;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Containers that share namespaces, which a container without a program holds. */
@ExtendWith(LeakCheck.class)
final class PodTest {
    private final Belljar belljar = Shared.belljar();

    @BeforeEach
    void needsRoot() {
        Machine.needsRoot();
    }

    @AfterEach
    void removePods() {
        if (!belljar.good("pod", "ps", "-q").isEmpty()) {
            belljar.good("pod", "rm", "-a", "-f", "-t", "0");
        }
    }

    private void member(String pod, String name, String... command) {
        List<String> words = new ArrayList<>(List.of("run", "-d", "--pod", pod, "--name", name, Shared.BUSYBOX));
        words.add("busybox");
        words.addAll(List.of(command));
        assertThat(belljar.good(words.toArray(new String[0]))).hasSize(64);
    }

    private String inPod(String pod, String... command) {
        List<String> words = new ArrayList<>(List.of("run", "--rm", "--pod", pod, Shared.BUSYBOX, "busybox"));
        words.addAll(List.of(command));
        return belljar.good(words.toArray(new String[0]));
    }

    private String state(String pod) {
        return belljar.good("pod", "inspect", "-f", "{{.State}}", pod);
    }

    private String infraPid() {
        return belljar.good("ps", "--filter", "name=-infra$", "--format", "{{.Pid}}");
    }

    @Test
    void letsItsContainersReachEachOtherByLoopback() {
        assertThat(belljar.good("pod", "create", "--network", "none", "web")).hasSize(64);
        assertThat(state("web")).isEqualTo("Created");
        member("web", "server", "nc", "-ll", "-p", "8080", "-e", "busybox", "echo", "greetings");
        assertThat(state("web")).isEqualTo("Running");
        Await.until(
                "it answers",
                () -> belljar.run("run", "--rm", "--pod", "web", Shared.BUSYBOX, "busybox", "nc", "127.0.0.1", "8080")
                        .out()
                        .equals("greetings\n"));
        assertThat(inPod("web", "hostname")).isEqualTo("web");
        assertThat(inPod("web", "sh", "-c", "echo $HOSTNAME; busybox cat /etc/hostname"))
                .isEqualTo("web\nweb");
        assertThat(belljar.good("ps", "--pod", "--filter", "name=server", "--format", "{{.PodName}}"))
                .isEqualTo("web");
    }

    @Test
    void sharesMemoryAndWhatElseIsAskedFor() {
        belljar.good("pod", "create", "--network", "none", "--share", "+pid", "all");
        member("all", "one", "sh", "-c", "echo shared > /dev/shm/note; exec busybox sleep 86397");
        Await.until("it is written", () -> inPod("all", "cat", "/dev/shm/note").equals("shared"));
        assertThat(inPod("all", "ps")).contains("sleep 86397");
        belljar.good("pod", "stop", "-t", "0", "all");
        assertThat(state("all")).isEqualTo("Exited");
        belljar.good("pod", "start", "all");
        assertThat(state("all")).isEqualTo("Running");
        belljar.good("pod", "pause", "all");
        assertThat(state("all")).isEqualTo("Paused");
        belljar.good("pod", "unpause", "all");
        assertThat(state("all")).isEqualTo("Running");
        Program.Result refused = belljar.run("pod", "rm", "all");
        assertThat(refused.code()).isEqualTo(125);
        assertThat(refused.err()).contains("running");
        assertThat(belljar.run("rm", "-f", belljar.good("ps", "-q", "--filter", "name=-infra$"))
                        .err())
                .contains("pod rm");
    }

    @Test
    void outlivesItsInfraContainer() {
        belljar.good("pod", "create", "--network", "none", "robust");
        member("robust", "lasting", "sleep", "86397");
        String infra = infraPid();
        ProcessHandle.of(Long.parseLong(infra)).orElseThrow().destroyForcibly();
        Await.until("that is noticed", () -> state("robust").equals("Degraded"));
        assertThat(belljar.good("exec", "lasting", "busybox", "echo", "here")).isEqualTo("here");
        belljar.good("stop", "-t", "0", "lasting");
        belljar.good("pod", "start", "robust");
        assertThat(state("robust")).isEqualTo("Running");
        assertThat(infraPid()).isNotEqualTo(infra);
    }

    @Test
    void stopsWithTheLastOfItsContainersWhereAsked() {
        belljar.good("pod", "create", "--network", "none", "--exit-policy", "stop", "brief");
        member("brief", "short", "sleep", "1");
        Await.until("all is over", () -> state("brief").equals("Exited"));
        belljar.good("pod", "prune", "-f");
        assertThat(belljar.run("pod", "exists", "brief").code()).isEqualTo(1);
    }

    @Test
    void isMadeByTheFirstContainerThatAsksForANewOne() {
        belljar.good(
                "run",
                "-d",
                "--network",
                "none",
                "--pod",
                "new:fresh",
                "--name",
                "first",
                Shared.BUSYBOX,
                "busybox",
                "sleep",
                "86397");
        assertThat(belljar.good("pod", "ps", "--format", "{{.Name}} {{.Status}} {{.NumberOfContainers}}"))
                .isEqualTo("fresh Running 2");
        assertThat(belljar.run("run", "--pod", "fresh", "--network", "host", Shared.BUSYBOX, "busybox", "true")
                        .err())
                .contains("the pod's");
        assertThat(belljar.run("pod", "create", "fresh").err()).contains("in use");
    }

    /** The network is the infra container's, whatever becomes of the others. */
    @Test
    void publishesThePortsOfItsContainers() throws IOException {
        int port;
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        belljar.good("network", "create", "outside");
        try {
            belljar.good("pod", "create", "--network", "outside", "-p", port + ":8080", "shop");
            member("shop", "till", "sh", "-c", "echo open; exec busybox nc -ll -p 8080 -e busybox echo greetings");
            Await.until(
                    "it answers", () -> inPod("shop", "nc", "127.0.0.1", "8080").equals("greetings"));
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
                        .isEqualTo("greetings\n");
            }
            assertThat(belljar.good(
                            "run", "--rm", "--network", "outside", Shared.BUSYBOX, "busybox", "nc", "shop", "8080"))
                    .isEqualTo("greetings");
            assertThat(belljar.good("pod", "logs", "shop")).isEqualTo("open");
            assertThat(belljar.good("pod", "logs", "-n", "-c", "till", "shop")).isEqualTo("till open");
            assertThat(belljar.good("pod", "top", "shop", "args")).contains("nc -ll -p 8080");
            assertThat(belljar.good("pod", "stats", "--no-stream", "--format", "{{.Name}} {{.PIDs}}", "shop"))
                    .contains("till ", "-infra 1");
        } finally {
            removePods();
            belljar.good("network", "rm", "outside");
        }
    }

    @Test
    void leavesNothingOfAPodThatIsRemoved() {
        belljar.good("pod", "create", "--network", "none", "gone");
        member("gone", "inside", "sleep", "86397");
        belljar.good("pod", "kill", "gone");
        belljar.good("pod", "rm", "-f", "gone");
        assertThat(belljar.good("ps", "-aq")).isEmpty();
        Path pods = belljar.root().resolve("pods");
        assertThat(pods.toFile().list()).containsExactlyInAnyOrder("lock", "root");
        assertThat(belljar.state().resolve("pods").toFile().list()).isEmpty();
    }
}
