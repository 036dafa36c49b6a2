package belljar.examples;

import belljar.api.Container;
import belljar.api.ContainerPlan;
import belljar.api.Engine;
import belljar.api.LogLine;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/** Starts Redis out of a Debian package, talks to it with a plain socket and stops it. */
final class TalkToRedis {
    private static final ContainerPlan PLAN = ContainerPlan.of("apt:redis-server")
            .withCommand("redis-server", "--protected-mode", "no")
            .withPort(0, 6379)
            .withMemory(256L << 20);

    private TalkToRedis() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        try (Engine engine = Engine.open()) {
            talk(engine).forEach(System.out::println);
        }
    }

    static List<String> talk(Engine engine) throws IOException, InterruptedException {
        try (Container redis = engine.start(PLAN)) {
            LogLine ready = redis.awaitLine("Ready to accept connections", Duration.ofSeconds(30))
                    .orElseThrow();
            List<String> answers =
                    ask(redis.publishedPort(6379).orElseThrow(), "SET greeting hello\r\nGET greeting\r\n", 3);
            int code = redis.stop(Duration.ofSeconds(5)).code();
            return List.of(ready.text(), String.join(" ", answers), "exit code " + code);
        }
    }

    private static List<String> ask(InetSocketAddress address, String commands, int lines) throws IOException {
        try (Socket socket = new Socket(address.getAddress(), address.getPort())) {
            socket.getOutputStream().write(commands.getBytes(StandardCharsets.US_ASCII));
            return new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII))
                    .lines()
                    .limit(lines)
                    .toList();
        }
    }
}
