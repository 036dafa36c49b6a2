package belljar.microvm;

import static org.assertj.core.api.Assertions.assertThat;

import belljar.image.Progress;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A guest whose machine is saved at some point and restored in another JVM does from there on exactly what it does
 * without that: every access to a device at the same time with the same value, and the same state at the end.
 */
final class SnapshotTraceTest {
    @TempDir
    private Path directory;

    /** {@return code that stores a number of 32 bits} */
    private static String store(int address, int value) {
        return "c705" + littleEndian(address) + littleEndian(value);
    }

    private static String littleEndian(int value) {
        return HexFormat.of().toHexDigits(Integer.reverseBytes(value));
    }

    /** Lets the local APIC's timer interrupt every 100 us, counts in the handler, and tells each count by a port. */
    private static MachineSpec ticking() {
        String tables = store(0x2010, 0x0000_FFFF) + store(0x2014, 0x00CF_9A00) // code, selector 0x10
                + store(0x2018, 0x0000_FFFF) + store(0x201C, 0x00CF_9200)
                + store(0x2100, 0x2000_001F) + store(0x2104, 0) + "0f0115" + littleEndian(0x2100)
                + store(0x3200, 0x0010_1000) + store(0x3204, 0x0010_8E00) // vector 0x40, to 0x101000
                + store(0x2108, 0x3000_07FF) + store(0x210C, 0) + "0f011d" + littleEndian(0x2108);
        String timer = store(0xFEE0_00F0, 0x1FF)
                + store(0xFEE0_0320, 0x2_0040)
                + store(0xFEE0_03E0, 0xB)
                + store(0xFEE0_0380, 100_000);
        String loop = "bc00800000" + "31db" + "fb" + "011d00500000" + "ebf8";
        // inc ebx; out 0x3FF, bl; end of interrupt; iret
        String handler = "43" + "66baff03" + "88d8" + "ee" + store(0xFEE0_00B0, 0) + "cf";
        byte[] code = new byte[0x1100];
        put(code, 0, tables + timer + loop);
        put(code, 0x101000 - TinyKernel.ENTRY, handler);
        return new MachineSpec(
                TinyKernel.of(code), Optional.empty(), "", Hardware.of(16L << 20, 1, EngineKind.TRANSLATOR));
    }

    private static void put(byte[] code, int at, String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex);
        System.arraycopy(bytes, 0, code, at, bytes.length);
    }

    /** {@return how many accesses to devices there were} */
    private int goesOnIdentically(MachineSpec spec, long end, List<Long> points, ByteArrayOutputStream console)
            throws IOException, InterruptedException {
        List<Integer> counts = new ArrayList<>();
        long[] whole;
        byte[] last;
        byte[] memory;
        try (TracedMachine machine = TracedMachine.boot(spec, console)) {
            for (int i = 0; i < points.size(); i++) {
                assertThat(machine.runUntil(points.get(i))).isTrue();
                counts.add(machine.count());
                machine.save(directory.resolve("snapshot" + i));
            }
            machine.runUntil(end);
            whole = machine.events(0);
            last = machine.state();
            memory = TracedMachine.sum(machine.board.memory);
        }
        for (int i = 0; i < points.size(); i++) {
            Path events = directory.resolve("events" + i);
            Path state = directory.resolve("state" + i);
            inAnotherJvm(directory.resolve("snapshot" + i), end, events, state);

            assertThat(TracedMachine.read(events))
                    .as("events after " + points.get(i))
                    .isEqualTo(Arrays.copyOfRange(whole, counts.get(i) * 3, whole.length));
            assertThat(Files.readAllBytes(state))
                    .as("state after " + points.get(i))
                    .isEqualTo(last);
            assertThat(Files.readAllBytes(Path.of(state + ".memory")))
                    .as("memory after " + points.get(i))
                    .isEqualTo(memory);
        }
        return whole.length / 3;
    }

    private void inAnotherJvm(Path snapshot, long end, Path events, Path state)
            throws IOException, InterruptedException {
        Path output = directory.resolve("output");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-Xmx512m",
                        "-cp",
                        classPath(),
                        TracedMachine.class.getName(),
                        snapshot.toString(),
                        Long.toString(end),
                        events.toString(),
                        state.toString())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        assertThat(process.waitFor()).as(() -> "the other JVM: " + text(output)).isZero();
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    /** {@return where this JVM has its classes from, modules and tests included} */
    private static String classPath() {
        String modules = System.getProperty("jdk.module.path", "");
        String tests = Path.of(TracedMachine.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .getPath())
                .toString();
        Path target = Path.of("target").toAbsolutePath();
        return String.join(
                ":",
                target.resolve("test-classes").toString(),
                target.resolve("classes").toString(),
                tests,
                modules,
                System.getProperty("java.class.path", ""));
    }

    private static List<Long> randomPoints(int count, long end) {
        long seed = System.nanoTime();
        System.out.println("random points of the seed " + seed);
        Random random = new Random(seed);
        List<Long> points = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            points.add(random.nextLong(end / 50, end));
        }
        points.sort(null);
        return points;
    }

    @Test
    void aGuestWithATimerGoesOnIdentically() throws IOException, InterruptedException {
        ByteArrayOutputStream console = new ByteArrayOutputStream();
        long end = 30_000_000;
        int events = goesOnIdentically(ticking(), end, randomPoints(3, end), console);
        assertThat(events).isGreaterThan(250);
    }

    @Test
    @Tag("full")
    void theDistributionsKernelGoesOnIdentically() throws IOException, InterruptedException {
        Assumptions.assumeTrue(
                Files.isExecutable(Path.of("/usr/bin/apt-get")), "there is no apt-get to have a kernel from");
        Kernels kernels = Kernels.open(directory.resolve("root"));
        BootFiles files = BootFiles.find(kernels, Optional.empty(), Optional.empty(), Progress.NONE);
        MachineSpec spec = new MachineSpec(
                files.kernel(),
                files.initrd(),
                "console=ttyS0 panic=-1",
                Hardware.of(192L << 20, 1, EngineKind.TRANSLATOR));
        ByteArrayOutputStream console = new ByteArrayOutputStream();
        long end = 20_000_000_000L;
        goesOnIdentically(spec, end, randomPoints(4, end), console);
        assertThat(console.toString(StandardCharsets.US_ASCII)).contains("/root #");
    }
}
