package belljar.integration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The start of a container that lives on, killed: it lives or it does not, and the next command can tell. */
@ExtendWith(LeakCheck.class)
final class RunKillTest {
    private static final String SERVER = "busybox httpd -f -p 80 -h /data";

    private final Belljar belljar = Shared.belljar();
    private final int port = Machine.freePort();

    @BeforeEach
    void needsRoot() {
        Machine.needsRoot();
    }

    @AfterEach
    void goes() {
        belljar.run("rm", "-f", "-t", "0", "victim");
        belljar.good("volume", "rm", "-f", "kills");
        assertThat(Stubs.running(SERVER)).isEmpty();
    }

    private String[] run() {
        return new String[] {
            "run",
            "-d",
            "--name",
            "victim",
            "--restart=always",
            "-p",
            "127.0.0.1:" + port + ":80",
            "-v",
            "kills:/data",
            Shared.BUSYBOX,
            "busybox",
            "sh",
            "-c",
            "echo kept >> /data/index.html; exec " + SERVER
        };
    }

    private static int entries(File directory) {
        String[] names = directory.list();
        return names == null ? 0 : names.length;
    }

    private boolean somethingIn(String place) {
        return entries(belljar.home().resolve(place).toFile()) > 0;
    }

    /** The states that a start goes through, about in the order of their appearance. */
    private enum State {
        CLAIM,
        FILES,
        PROCESS,
        INTERFACE,
        PROGRAM
    }

    /** {@return what tells that a start which begins now has got to a state} */
    private BooleanSupplier reached(State state) {
        Set<Long> stubs = Stubs.all();
        File interfaces = new File("/sys/class/net");
        int before = entries(interfaces);
        return switch (state) {
            case CLAIM -> () -> somethingIn("state/live");
            case FILES -> () -> somethingIn("root/containers");
            case PROCESS -> () -> !Stubs.since(stubs).isEmpty();
            case INTERFACE -> () -> entries(interfaces) > before;
            case PROGRAM -> () -> !Stubs.running(SERVER).isEmpty();
        };
    }

    private boolean answers() {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.getOutputStream().write("GET /index.html HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.UTF_8));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8).endsWith("kept\n");
        } catch (IOException notYet) {
            return false;
        }
    }

    @Test
    void withAPolicyAPortAndAVolume() {
        for (State state : State.values()) {
            for (int delay : new int[] {0, 12}) {
                BooleanSupplier reached = reached(state);
                Program run = belljar.start(run());
                run.until(reached);
                Await.nap(delay);
                run.kill();
                String when = "killed " + delay + " ms after " + state;
                String left = belljar.good("ps", "-a", "--format", "{{.Names}} {{.State}} {{.ExitCode}}");
                assertThat(left).as(when).matches("|victim (created 0|running 0|exited -1)");
                if (left.isEmpty()) {
                    belljar.good(run());
                } else if (left.contains("running")) {
                    Await.until(when + ", what runs answers", this::answers);
                } else {
                    belljar.good("start", "victim");
                }
                Await.until(when + ", it answers", this::answers);
                belljar.good("rm", "-f", "-t", "0", "victim");
                assertThat(belljar.good("ps", "-aq")).as(when).isEmpty();
                assertThatThrownBy(() -> new Socket(InetAddress.getLoopbackAddress(), port).close())
                        .as(when + ", its port is free")
                        .isInstanceOf(IOException.class);
            }
        }
    }

    /** Whoever killed the command did not mean what the policy says. */
    @Test
    void leavesThePolicyInForce() {
        Program run = belljar.start(run());
        run.until(() -> !Stubs.running(SERVER).isEmpty());
        run.kill();
        Await.until("it answers", this::answers);
        String pid = belljar.good("ps", "--format", "{{.Pid}}");
        Stubs.kill(Long.parseLong(pid));
        Await.until("another runs", () -> {
            String now = belljar.good("ps", "--format", "{{.State}} {{.Pid}}");
            return now.startsWith("running") && !now.equals("running " + pid);
        });
        Await.until("it answers again", this::answers);
        belljar.good("rm", "-f", "-t", "0", "victim");
        assertThat(belljar.good("ps", "-aq")).isEmpty();
    }
}
