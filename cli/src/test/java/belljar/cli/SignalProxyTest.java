package belljar.cli;

import static org.assertj.core.api.Assertions.assertThat;

import belljar.linux.HostKernel;
import belljar.linux.Nr;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sends signals to a whole Belljar process and looks at what its container got. */
final class SignalProxyTest {
    @TempDir
    Path tmp;

    @ParameterizedTest
    @CsvSource({"HUP, 1", "INT, 2", "QUIT, 3", "USR1, 10", "USR2, 12", "TERM, 15", "36, 36"})
    void passesSignalsOn(String name, int number) throws IOException, InterruptedException {
        Assumptions.assumeTrue(HostKernel.INSTANCE.call(Nr.GETEUID) == 0, "running containers here needs root");
        Path rootfs = rootOfHostsPrograms();
        Process belljar = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin/java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Main.class.getName(),
                        "--root",
                        tmp + "/store",
                        "--state",
                        tmp + "/state",
                        "run",
                        "--rm",
                        "-v",
                        "/usr:/usr:ro",
                        "dir:" + rootfs,
                        "/usr/bin/sh",
                        "-c",
                        "trap 'exit 77' " + name + "; echo ready; while :; do sleep 0.05; done")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(belljar.getInputStream(), StandardCharsets.UTF_8))) {
            assertThat(out.readLine()).isEqualTo("ready");
            // The program may be faster to say so than we are to listen; until then a signal ends Belljar itself.
            awaitHandler(belljar.pid(), number);
            assertThat(HostKernel.INSTANCE.call(Nr.KILL, belljar.pid(), number)).isZero();
            assertThat(belljar.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(belljar.exitValue()).isEqualTo(77);
        } finally {
            belljar.destroyForcibly().waitFor();
        }
    }

    /** Waits until the process's handlers include that of the last signal which is set up. */
    private static void awaitHandler(long pid, int number) throws IOException, InterruptedException {
        long wanted = 1L << number - 1 | 1L << 63;
        for (int i = 0; i < 600; i++) {
            for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
                if (line.startsWith("SigCgt:")
                        && (Long.parseUnsignedLong(line.substring(7).strip(), 16) & wanted) == wanted) {
                    return;
                }
            }
            Thread.sleep(50);
        }
        throw new AssertionError("the process never set up a handler for signal " + number);
    }

    private Path rootOfHostsPrograms() throws IOException {
        Path rootfs = Files.createDirectories(tmp.resolve("rootfs"));
        Files.createDirectories(rootfs.resolve("usr"));
        for (String directory : List.of("bin", "lib", "lib64")) {
            Files.createSymbolicLink(rootfs.resolve(directory), Path.of("usr", directory));
        }
        return rootfs;
    }
}
