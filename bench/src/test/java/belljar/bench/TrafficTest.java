package belljar.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TrafficTest {
    @TempDir
    Path dir;

    @Test
    void measuresRoundTripsAndStreamsWithBothClients() throws IOException, InterruptedException {
        assumeTrue(Machine.find("python3").isPresent(), "skipped: python3 is not installed");
        String python = Machine.need("python3", "is tried").toString();
        String port = freePort();
        String cpu = Integer.toString(Machine.cpu());
        Process server = new ProcessBuilder(python, "-c", Traffic.SERVER, port, cpu).start();
        try {
            for (String[] what : new String[][] {{"1", "1", "100"}, {"1000000", "3", "1"}}) {
                String fromPython =
                        said(List.of(python, "-c", Traffic.CLIENT, "127.0.0.1", port, what[0], what[1], what[2], cpu));
                assertThat(Long.parseLong(fromPython))
                        .as("%s %s", what[0], what[1])
                        .isPositive();
                String fromJava =
                        said(Machine.java("belljar.bench.Traffic", "127.0.0.1", port, what[0], what[1], what[2]));
                assertThat(Long.parseLong(fromJava))
                        .as("%s %s", what[0], what[1])
                        .isPositive();
            }
        } finally {
            server.destroyForcibly().waitFor();
        }
    }

    private String said(List<String> command) throws IOException, InterruptedException {
        Path errors = dir.resolve("errors");
        Process process =
                new ProcessBuilder(command).redirectError(errors.toFile()).start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(Files.readString(errors)).isZero();
        return text;
    }

    private static String freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return Integer.toString(socket.getLocalPort());
        }
    }

    @Test
    void findsTheLastLine() {
        assertThat(NetworkBenchmark.lastLine("a warning\n 42 \n\n")).isEqualTo("42");
        assertThat(NetworkBenchmark.lastLine("42")).isEqualTo("42");
        assertThat(NetworkBenchmark.lastLine("\n")).isEmpty();
    }
}
