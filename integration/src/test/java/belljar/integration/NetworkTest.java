package belljar.integration;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Networks with real containers in them. */
@ExtendWith(LeakCheck.class)
final class NetworkTest {
    private static final String SERVE = "echo $0 >/index.html; exec busybox httpd -f -p 80 -h /";

    private final Belljar belljar = Shared.belljar();

    @BeforeEach
    void needsRoot() {
        Machine.needsRoot();
    }

    private void serve(String name, String... options) {
        List<String> words = new ArrayList<>(List.of("run", "-d", "--name", name));
        words.addAll(List.of(options));
        words.addAll(List.of(Shared.BUSYBOX, "busybox", "sh", "-c", SERVE, name));
        assertThat(belljar.good(words.toArray(new String[0]))).hasSize(64);
    }

    private Program.Result inside(String network, String... command) {
        List<String> words = new ArrayList<>(List.of("run", "--rm", "--network", network, Shared.BUSYBOX, "busybox"));
        words.addAll(List.of(command));
        return belljar.run(words.toArray(new String[0]));
    }

    /** {@return what a server of ours says, asked from the host} */
    private static String ask(String host, int port) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.ofLiteral(host), port), 5000);
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write("GET /index.html HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            return answer.substring(answer.lastIndexOf("\r\n\r\n") + 4).strip();
        }
    }

    /** {@return whether a server listens by now} */
    private static boolean listens(int port) {
        try (Socket _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return true;
        } catch (IOException notYet) {
            return false;
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private void remove(String... containers) {
        List<String> words = new ArrayList<>(List.of("rm", "-f", "-t", "0"));
        words.addAll(List.of(containers));
        belljar.good(words.toArray(new String[0]));
    }

    @Test
    void givesAContainerAnAddressOnTheDefaultNetwork() {
        String out = belljar.good("run", "--rm", Shared.BUSYBOX, "busybox", "ip", "-4", "addr", "show", "dev", "eth0");
        assertThat(out).contains("inet 10.");
        assertThat(belljar.good("run", "--rm", Shared.BUSYBOX, "busybox", "ip", "route"))
                .contains("default via 10.");
        assertThat(belljar.run("run", "--rm", "--network", "none", Shared.BUSYBOX, "busybox", "ip", "link")
                        .good())
                .contains("lo:")
                .doesNotContain("eth0");
    }

    @Test
    void findsContainersByTheirNames() {
        belljar.good("network", "create", "named");
        try {
            serve("server", "--network", "named", "--network-alias", "web");
            String id = belljar.good("ps", "-q");
            for (String name : List.of("server", "web", id)) {
                assertThat(inside("named", "wget", "-q", "-O", "-", "http://" + name + "/index.html")
                                .good())
                        .isEqualTo("server");
            }
            // The default network answers no names, as Podman's.
            assertThat(inside("bridge", "wget", "-q", "-T", "3", "-O", "-", "http://server/")
                            .code())
                    .isNotZero();
            assertThat(belljar.good("network", "inspect", "named")).contains("\"web\"");
            assertThat(belljar.run("network", "rm", "named").code()).isEqualTo(125);
        } finally {
            remove("server");
            belljar.good("network", "rm", "named");
        }
        assertThat(belljar.run("network", "exists", "named").code()).isEqualTo(1);
    }

    @Test
    void answersNamesAgainAfterTheHelperWasKilled() {
        belljar.good("network", "create", "revived");
        try {
            serve("still", "--network", "revived");
            ProcessHandle helper = helper();
            helper.destroyForcibly();
            Await.until("the helper is dead", () -> !helper.isAlive());
            // Any command starts it again.
            belljar.good("ps", "-q");
            assertThat(helper().pid()).isNotEqualTo(helper.pid());
            assertThat(inside("revived", "wget", "-q", "-O", "-", "http://still/index.html")
                            .good())
                    .isEqualTo("still");
        } finally {
            remove("still");
            belljar.good("network", "rm", "revived");
        }
    }

    private ProcessHandle helper() {
        String end = belljar.state() + "\0keep";
        List<ProcessHandle> found = ProcessHandle.allProcesses()
                .filter(process -> commandLine(process.pid()).strip().endsWith(end))
                .toList();
        assertThat(found).hasSize(1);
        return found.getFirst();
    }

    private static String commandLine(long pid) {
        try {
            String line = java.nio.file.Files.readString(
                    java.nio.file.Path.of("/proc/" + pid + "/cmdline"), StandardCharsets.ISO_8859_1);
            return line.endsWith("\0") ? line.substring(0, line.length() - 1) : line;
        } catch (IOException gone) {
            return "";
        }
    }

    @Test
    void publishesPorts() throws IOException {
        int port = freePort();
        int local = freePort();
        serve("open", "-p", port + ":80", "-p", "127.0.0.1:" + local + ":80", "-p", "81/udp");
        try {
            Await.until("the server listens", () -> listens(port));
            assertThat(ask("127.0.0.1", port)).isEqualTo("open");
            assertThat(ask("127.0.0.1", local)).isEqualTo("open");
            assertThat(belljar.good("ps", "--format", "{{.Ports}}"))
                    .contains("0.0.0.0:" + port + "->80/tcp", "127.0.0.1:" + local + "->80/tcp", "->81/udp")
                    .doesNotContain(":0->");
            assertThat(belljar.good("port", "open", "80/tcp")).contains("0.0.0.0:" + port, "127.0.0.1:" + local);
            Program.Result taken = belljar.run("run", "--rm", "-p", port + ":80", Shared.BUSYBOX, "busybox", "true");
            assertThat(taken.code()).isEqualTo(125);
            assertThat(taken.err()).contains(String.valueOf(port));
        } finally {
            remove("open");
        }
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> ask("127.0.0.1", port))
                .isInstanceOf(IOException.class);
    }

    @Test
    void keepsAnAddressFromOneStartToTheNext() {
        belljar.good("network", "create", "--subnet", "10.233.7.0/24", "fixed");
        try {
            serve("kept", "--network", "fixed:ip=10.233.7.77");
            String format = "{{.NetworkSettings.IPAddress}}";
            assertThat(belljar.good("inspect", "--format", format, "kept")).isEqualTo("10.233.7.77");
            serve("other", "--network", "fixed");
            String address = belljar.good("inspect", "--format", format, "other");
            belljar.good("stop", "-t", "0", "other");
            serve("third", "--network", "fixed");
            assertThat(belljar.good("inspect", "--format", format, "third")).isNotEqualTo(address);
            belljar.good("start", "other");
            assertThat(belljar.good("inspect", "--format", format, "other")).isEqualTo(address);
        } finally {
            remove("kept", "other", "third");
            belljar.good("network", "rm", "fixed");
        }
    }

    @Test
    void connectsAndDisconnectsARunningContainer() {
        belljar.good("network", "create", "one");
        belljar.good("network", "create", "two");
        try {
            serve("mover", "--network", "one");
            belljar.good("network", "connect", "--alias", "guest", "two", "mover");
            assertThat(inside("two", "wget", "-q", "-O", "-", "http://guest/index.html")
                            .good())
                    .isEqualTo("mover");
            belljar.good("network", "disconnect", "one", "mover");
            assertThat(inside("one", "wget", "-q", "-T", "3", "-O", "-", "http://mover/")
                            .code())
                    .isNotZero();
            // What was changed stays so for the next start.
            belljar.good("restart", "-t", "0", "mover");
            assertThat(belljar.good("ps", "--format", "{{.Networks}}")).isEqualTo("two");
            assertThat(inside("two", "wget", "-q", "-O", "-", "http://guest/index.html")
                            .good())
                    .isEqualTo("mover");
            assertThat(belljar.good("network", "prune", "-f")).isEqualTo("one");
        } finally {
            remove("mover");
            belljar.good("network", "prune", "-f");
        }
    }

    @Test
    void takesBackWhatAKilledCommandLeft() {
        Program run = belljar.start("run", "--rm", Shared.BUSYBOX, "busybox", "sleep", "86399");
        Await.until(
                "it runs",
                () -> !belljar.good("ps", "-q", "--filter", "status=running").isEmpty());
        run.kill();
        Await.until("it is gone", () -> belljar.good("ps", "-aq").isEmpty());
    }
}
