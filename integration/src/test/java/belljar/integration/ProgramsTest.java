package belljar.integration;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Programs with many needs, from images that are made of Debian's packages. */
@ExtendWith(LeakCheck.class)
final class ProgramsTest {
    @BeforeEach
    void needsRoot() {
        Machine.needsRoot();
    }

    private static String runs(String image, String... command) {
        String[] all = new String[command.length + 3];
        all[0] = "run";
        all[1] = "--rm";
        all[2] = image;
        System.arraycopy(command, 0, all, 3, command.length);
        return Shared.with(image).good(all);
    }

    @Test
    void runsBusybox() {
        assertThat(runs("apt:busybox-static", "busybox", "sh", "-c", "seq 3 | busybox tac | busybox tr '\\n' ' '"))
                .isEqualTo("3 2 1");
        assertThat(runs("apt:busybox-static", "busybox", "id", "-u")).isEqualTo("0");
    }

    @Test
    void runsBash() {
        assertThat(runs(
                        "apt:bash",
                        "bash",
                        "-c",
                        "declare -A m=([a]=1 [b]=2); coproc { read x; echo $((x * 2)); }; echo 21 >&${COPROC[1]};"
                                + " read y <&${COPROC[0]}; echo ${#m[@]} $y $$ $BASHPID; wait"))
                .isEqualTo("2 42 1 1");
    }

    @Test
    void runsPython() {
        assertThat(runs("apt:python3-minimal", "python3", "-c", """
                        import os, threading
                        r, w = os.pipe()
                        if os.fork() == 0:
                            os.write(w, b'child')
                            os._exit(3)
                        status = os.wait()[1]
                        t = threading.Thread(target=lambda: print(os.read(r, 9).decode(), status >> 8))
                        t.start()
                        t.join()
                        """)).isEqualTo("child 3");
    }

    @Test
    void runsPerl() {
        assertThat(runs(
                        "apt:perl",
                        "perl",
                        "-MDigest::SHA=sha256_hex",
                        "-e",
                        "print sha256_hex('belljar') =~ /^[0-9a-f]{64}$/ ? 'ok' : 'no', \" $]\""))
                .startsWith("ok 5.");
    }

    @Test
    @Tag("full")
    void runsJava() {
        Path source = Scratch.directory("java");
        Scratch.write(source.resolve("Hello.java"), """
                public class Hello {
                    public static void main(String[] args) throws Exception {
                        Thread thread = new Thread(() -> System.out.println("hello from " + Thread.currentThread().getName()));
                        thread.start();
                        thread.join();
                    }
                }
                """);
        Program.run(
                        Path.of(System.getProperty("java.home"), "bin/javac").toString(),
                        "--release",
                        "17",
                        "-d",
                        source.toString(),
                        source.resolve("Hello.java").toString())
                .good();
        String image = "apt:openjdk-17-jre-headless";
        assertThat(Shared.with(image)
                        .good(
                                "run",
                                "--rm",
                                "-m",
                                "256m",
                                "-v",
                                source + ":/app:ro",
                                image,
                                "java",
                                "-cp",
                                "/app",
                                "Hello"))
                .isEqualTo("hello from Thread-0");
    }

    @Test
    void redisAnswersAClientOverTheHostsNetwork() throws IOException {
        String image = "apt:redis-server";
        Belljar belljar = Shared.with(image);
        String port = String.valueOf(Machine.freePort());
        Program redis = belljar.start(
                "run",
                "--rm",
                "--network",
                "host",
                "--user",
                "redis",
                image,
                "redis-server",
                "--port",
                port,
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--dir",
                "/tmp");
        try {
            Await.until(
                    "redis answers",
                    () -> say(port, "PING").equals("+PONG") || !redis.process().isAlive());
            assertThat(say(port, "SET key value")).isEqualTo("+OK");
            assertThat(say(port, "STRLEN key")).isEqualTo(":5");
        } finally {
            redis.signal("TERM");
        }
        Program.Result ended = redis.end("");
        assertThat(ended.code()).as(ended.err()).isZero();
        assertThat(ended.out()).contains("Received SIGTERM scheduling shutdown");
    }

    /** {@return the first line of redis's answer; empty while it does not listen} */
    private static String say(String port, String command) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), Integer.parseInt(port))) {
            socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.US_ASCII));
            StringBuilder line = new StringBuilder();
            for (int c = socket.getInputStream().read();
                    c >= 0 && c != '\r';
                    c = socket.getInputStream().read()) {
                line.append((char) c);
            }
            return line.toString();
        } catch (IOException e) {
            return "";
        }
    }
}
