package belljar.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class LogReaderTest {
    @TempDir
    Path directory;

    private Path log() {
        return directory.resolve("ctr.log");
    }

    private static void collect(LogReader reader, ByteArrayOutputStream[] streams) {
        while (reader.next()) {
            LogEntry entry = reader.entry();
            ByteArrayOutputStream stream = streams[entry.error() ? 1 : 0];
            stream.write(entry.buffer(), entry.from(), entry.to() - entry.from());
            if (entry.whole()) {
                stream.write('\n');
            }
        }
    }

    private static ByteArrayOutputStream[] streams() {
        return new ByteArrayOutputStream[] {new ByteArrayOutputStream(), new ByteArrayOutputStream()};
    }

    private static byte[] noise(Random random, int most) {
        byte[] bytes = new byte[random.nextInt(most)];
        random.nextBytes(bytes);
        for (int i = 0; i < bytes.length; i++) {
            if (random.nextInt(20) == 0) {
                bytes[i] = '\n';
            }
        }
        return bytes;
    }

    @ParameterizedTest
    @EnumSource(LogFormat.class)
    void readsEveryByteOfBothStreamsThatWasWritten(LogFormat format) {
        Random random = new Random(11);
        for (int round = 0; round < 15; round++) {
            Path file = directory.resolve("log" + round);
            ByteArrayOutputStream[] wanted = streams();
            long size = round % 3 == 0 ? 0 : 2_000 + random.nextInt(20_000);
            try (LogWriter writer = LogWriter.open(file, format, size, 10_000)) {
                for (int i = 0; i < 40; i++) {
                    boolean error = random.nextBoolean();
                    byte[] bytes = noise(random, i == 20 ? 200_000 : 3_000);
                    int from = bytes.length == 0 ? 0 : random.nextInt(bytes.length);
                    writer.write(error, bytes, from, bytes.length - from);
                    wanted[error ? 1 : 0].write(bytes, from, bytes.length - from);
                }
            }
            ByteArrayOutputStream[] got = streams();
            try (LogReader reader = LogReader.open(file, LogReader.UNBOUNDED, LogReader.UNBOUNDED, LogReader.ALL)) {
                collect(reader, got);
                assertThat(reader.damaged()).isZero();
            }
            assertThat(got[0].toByteArray()).isEqualTo(wanted[0].toByteArray());
            assertThat(got[1].toByteArray()).isEqualTo(wanted[1].toByteArray());
        }
    }

    @ParameterizedTest
    @EnumSource(LogFormat.class)
    void losesAndRepeatsNothingWhileTheWriterRotates(LogFormat format) throws Exception {
        AtomicBoolean done = new AtomicBoolean();
        int lines = 8_000;
        Thread writing = new Thread(() -> {
            try (LogWriter writer = LogWriter.open(log(), format, 4_000, 1_000)) {
                for (int i = 0; i < lines; i++) {
                    byte[] line = ("line " + i + "\n").getBytes(StandardCharsets.UTF_8);
                    int cut = i % line.length;
                    writer.write(false, line, 0, cut);
                    writer.write(false, line, cut, line.length - cut);
                }
            }
            done.set(true);
        });
        ByteArrayOutputStream[] got = streams();
        try (LogReader reader = LogReader.open(log(), LogReader.UNBOUNDED, LogReader.UNBOUNDED, LogReader.ALL)) {
            writing.start();
            boolean last = false;
            while (!last) {
                last = done.get();
                collect(reader, got);
            }
        }
        writing.join();
        String[] found = got[0].toString(StandardCharsets.UTF_8).split("\n");
        assertThat(found).hasSize(lines);
        for (int i = 0; i < lines; i++) {
            assertThat(found[i]).isEqualTo("line " + i);
        }
    }

    @ParameterizedTest
    @EnumSource(LogFormat.class)
    void findsTheLastLinesAsReadingAllWould(LogFormat format) {
        Random random = new Random(3);
        for (int round = 0; round < 20; round++) {
            Path file = directory.resolve("log" + round);
            StringBuilder all = new StringBuilder();
            try (LogWriter writer = LogWriter.open(file, format, round % 2 == 0 ? 0 : 5_000, 10_000)) {
                for (int i = 0; i < 300; i++) {
                    String text = "x".repeat(random.nextInt(round == 7 ? 90_000 : 120))
                            + i
                            + (random.nextInt(3) > 0 || i == 299 && round % 3 > 0 ? "\n" : "");
                    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
                    writer.write(false, bytes, 0, bytes.length);
                    all.append(text);
                }
            }
            List<String> lines = new ArrayList<>(all.toString().lines().toList());
            for (int tail : new int[] {1, 2, 17, lines.size() - 1, lines.size(), lines.size() + 5}) {
                ByteArrayOutputStream[] got = streams();
                try (LogReader reader = LogReader.open(file, LogReader.UNBOUNDED, LogReader.UNBOUNDED, tail)) {
                    collect(reader, got);
                }
                assertThat(got[0].toString(StandardCharsets.UTF_8).lines().toList())
                        .as("round %d, tail %d", round, tail)
                        .isEqualTo(lines.subList(Math.max(0, lines.size() - tail), lines.size()));
            }
        }
    }

    @Test
    void goesOnAfterTheLastLinesWithoutLossThroughARotation() {
        try (LogWriter writer = LogWriter.open(log(), LogFormat.CRI, 300, 3)) {
            write(writer, "one\ntwo\nthree\n");
            try (LogReader reader = LogReader.open(log(), LogReader.UNBOUNDED, LogReader.UNBOUNDED, 1)) {
                ByteArrayOutputStream[] got = streams();
                collect(reader, got);
                for (int i = 0; i < 60; i++) {
                    write(writer, "more " + i + "\n");
                    collect(reader, got);
                }
                List<String> lines =
                        got[0].toString(StandardCharsets.UTF_8).lines().toList();
                assertThat(lines).hasSize(61).startsWith("three", "more 0").endsWith("more 59");
            }
        }
        assertThat(directory.resolve("ctr.log.2")).exists();
        assertThat(directory.resolve("ctr.log.3")).doesNotExist();
    }

    private static void write(LogWriter writer, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        writer.write(false, bytes, 0, bytes.length);
    }

    @Test
    void passesOverDamagedLinesAndWaitsForTheRestOfAHalfWrittenOne() throws IOException {
        Files.writeString(log(), """
                2026-11-23T02:43:03.000000001Z stdout F good
                2026-11-23T02:43:03.000000001Z stdout
                \0\0\0\0
                {"log":"no end

                2026-11-23T02:43:03.000000001Z stdout X odd
                2026-11-23T02:43:03.000000001Z stderr F
                2026-11-23T02:43:03.000000001Z stdout P:tag ha""");
        ByteArrayOutputStream[] got = streams();
        try (LogReader reader = LogReader.open(log(), LogReader.UNBOUNDED, LogReader.UNBOUNDED, LogReader.ALL)) {
            collect(reader, got);
            assertThat(got[0].toString(StandardCharsets.UTF_8)).isEqualTo("good\n");
            assertThat(got[1].toString(StandardCharsets.UTF_8)).isEqualTo("\n");
            assertThat(reader.damaged()).isEqualTo(4);
            Files.writeString(log(), "lf\n", StandardOpenOption.APPEND);
            collect(reader, got);
            assertThat(got[0].toString(StandardCharsets.UTF_8)).isEqualTo("good\nhalf");
        }
    }

    @Test
    void readsWhatDockerAndConmonWrite() throws IOException {
        Files.writeString(log(), """
                {"log":"a\\u003cb\\u0026 \\ud83d\\ude00 \\ud83d\\n","stream":"stderr","attrs":{"x":"}\\""},"time":"2026-11-23T02:43:03.1Z"}
                2026-11-23T03:43:03.100000000+01:00 stdout F b
                """);
        try (LogReader reader = LogReader.open(log(), LogReader.UNBOUNDED, LogReader.UNBOUNDED, LogReader.ALL)) {
            assertThat(reader.next()).isTrue();
            LogEntry entry = reader.entry();
            assertThat(entry.error()).isTrue();
            assertThat(new String(entry.buffer(), 0, entry.to(), StandardCharsets.UTF_8))
                    .isEqualTo("a<b& 😀 �");
            long time = entry.time();
            assertThat(reader.next()).isTrue();
            assertThat(reader.entry().time()).isEqualTo(time);
        }
    }

    @Test
    void keepsToTheBoundsOfTime() throws IOException {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 10; i++) {
            text.append(LogTime.text(1_000_000_000_000L + i))
                    .append(" stdout F ")
                    .append(i)
                    .append('\n');
        }
        Files.writeString(log(), text);
        ByteArrayOutputStream[] got = streams();
        try (LogReader reader = LogReader.open(log(), 1_000_000_000_003L, 1_000_000_000_005L, LogReader.ALL)) {
            collect(reader, got);
            assertThat(reader.over()).isTrue();
        }
        assertThat(got[0].toString(StandardCharsets.UTF_8)).isEqualTo("3\n4\n5\n");
    }

    @Test
    void readsALogThatComesIntoBeingLater() {
        try (LogReader reader = LogReader.fromNow(log())) {
            ByteArrayOutputStream[] got = streams();
            collect(reader, got);
            try (LogWriter writer = LogWriter.open(log(), LogFormat.JSON, 0, 1)) {
                write(writer, "first");
                collect(reader, got);
                assertThat(got[0].toString(StandardCharsets.UTF_8)).isEqualTo("first");
            }
        }
    }

    @Test
    void startsANewLineAfterOneThatItsWriterDiedIn() throws IOException {
        Files.writeString(log(), "2026-11-23T02:43:03.000000001Z std");
        try (LogWriter writer = LogWriter.open(log(), LogFormat.CRI, 0, 1)) {
            write(writer, "next\n");
        }
        ByteArrayOutputStream[] got = streams();
        try (LogReader reader = LogReader.open(log(), LogReader.UNBOUNDED, LogReader.UNBOUNDED, LogReader.ALL)) {
            collect(reader, got);
        }
        assertThat(got[0].toString(StandardCharsets.UTF_8)).isEqualTo("next\n");
    }
}
