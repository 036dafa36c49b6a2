package belljar.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.UserException;
import belljar.linux.Fd;
import belljar.linux.Fs;
import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;
import belljar.linux.OpenFlags;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LogViewTest {
    @TempDir
    Path directory;

    private Fd writable(String name) {
        return new Fd(Fs.HOST.open(
                -100, directory.resolve(name).toString(), OpenFlags.CREAT | OpenFlags.WRONLY | OpenFlags.APPEND, 0600));
    }

    private String content(String name) throws IOException {
        return Files.readString(directory.resolve(name));
    }

    private Path log(String name) throws IOException {
        return Files.createDirectories(directory.resolve(name)).resolve("ctr.log");
    }

    private static LogSource source(LogOutput output, Path log, String name, boolean times, LogSource.End end) {
        return new LogSource(
                LogReader.open(log, LogReader.UNBOUNDED, LogReader.UNBOUNDED, LogReader.ALL),
                new LogPrinter(output, name, 0, times),
                log.resolveSibling("."),
                end);
    }

    private static void write(LogWriter writer, boolean error, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        writer.write(error, bytes, 0, bytes.length);
    }

    @Test
    void showsStreamsApartAndPiecesAsOneLine() throws IOException {
        Files.writeString(log("a"), """
                2026-11-23T02:43:03.000000001Z stdout P par
                2026-11-23T02:43:03.000000002Z stderr F oops
                2026-11-23T02:43:03.000000003Z stdout F ts
                2026-11-23T02:43:03.000000004Z stdout P prompt>\s
                """);
        try (Fd out = writable("out");
                Fd err = writable("err")) {
            LogOutput output = new LogOutput(out.number(), err.number());
            LogView.show(output, List.of(source(output, log("a"), "", false, LogSource.End.REACHED)));
            assertThat(content("out")).isEqualTo("parts\nprompt> ");
            assertThat(content("err")).isEqualTo("oops\n");
            LogView.show(output, List.of(source(output, log("a"), "web", true, LogSource.End.REACHED)));
            assertThat(content("out"))
                    .endsWith("web 2026-11-23T02:43:03.000000001Z parts\nweb 2026-11-23T02:43:03.000000004Z prompt> ");
        }
    }

    @Test
    void showsSeveralInTheOrderOfTheirTimes() throws IOException {
        Files.writeString(log("a"), "2026-11-23T02:43:01Z stdout F 1\n2026-11-23T02:43:04Z stdout F 4\n");
        Files.writeString(log("b"), "2026-11-23T02:43:02Z stdout F 2\n2026-11-23T02:43:03Z stdout F 3\n");
        try (Fd out = writable("out")) {
            LogOutput output = new LogOutput(out.number(), out.number());
            LogView.show(
                    output,
                    List.of(
                            source(output, log("a"), "a", false, LogSource.End.REACHED),
                            source(output, log("b"), "b", false, LogSource.End.REACHED)));
        }
        assertThat(content("out")).isEqualTo("a 1\nb 2\nb 3\na 4\n");
    }

    @Test
    void followsThroughRotationsUntilTheEndAndShowsAll() throws Exception {
        Path log = log("a");
        AtomicBoolean ended = new AtomicBoolean();
        CountDownLatch begun = new CountDownLatch(1);
        LogSource.End end = new LogSource.End() {
            @Override
            public int fd() {
                return -1;
            }

            @Override
            public boolean reached() {
                begun.countDown();
                return ended.get();
            }
        };
        StringBuilder wanted = new StringBuilder();
        try (Fd out = writable("out")) {
            LogOutput output = new LogOutput(out.number(), out.number());
            LogSource source = source(output, log, "", false, end);
            Thread following = new Thread(() -> LogView.follow(output, List.of(source), LogReader.UNBOUNDED));
            following.start();
            begun.await();
            try (LogWriter writer = LogWriter.open(log, LogFormat.CRI, 2_000, 500)) {
                for (int i = 0; i < 2_000; i++) {
                    write(writer, false, "line " + i + "\n");
                    wanted.append("line ").append(i).append('\n');
                }
            }
            ended.set(true);
            following.join();
            source.reader().close();
        }
        assertThat(content("out")).isEqualTo(wanted.toString());
    }

    @Test
    void anAttachedFollowerIsWokenAndGetsTheExactBytes() throws Exception {
        Path log = log("a");
        try (LogWriter writer = LogWriter.open(log, LogFormat.JSON, 0, 1);
                Fd out = writable("out");
                Fd err = writable("err")) {
            write(writer, false, "before\n");
            try (Follower follower = Follower.open(log)) {
                LogOutput output = new LogOutput(out.number(), err.number());
                assertThat(follower.pump(output)).isTrue();
                assertThat(content("out")).isEmpty();
                write(writer, false, "$ ");
                write(writer, true, "no \"newline\"");
                assertThat(wakes(follower.fd())).isTrue();
                assertThat(follower.pump(output)).isTrue();
                assertThat(content("out")).isEqualTo("$ ");
                assertThat(content("err")).isEqualTo("no \"newline\"");
                write(writer, false, "ls\r\n");
                follower.pump(output);
                assertThat(content("out")).isEqualTo("$ ls\r\n");
            }
        }
    }

    private static boolean wakes(int fd) {
        try (Memory memory = HostKernel.INSTANCE.lend()) {
            long poll = memory.allocate(8);
            memory.putInt(poll, fd);
            memory.putInt(poll + 4, 1);
            return HostKernel.INSTANCE.call(Nr.POLL, poll, 1, 10_000) == 1;
        }
    }

    @Test
    void readsTheTimesThatPeopleWrite() {
        long now = 1_700_000_000_000_000_000L;
        assertThat(TimeBound.parse("since", "", now)).isEqualTo(LogReader.UNBOUNDED);
        assertThat(TimeBound.parse("since", "1600000000", now)).isEqualTo(1_600_000_000_000_000_000L);
        assertThat(TimeBound.parse("since", "1600000000.000000005", now)).isEqualTo(1_600_000_000_000_000_005L);
        assertThat(TimeBound.parse("since", "10m", now)).isEqualTo(now - 600_000_000_000L);
        assertThat(TimeBound.parse("since", "1h30m", now)).isEqualTo(now - 5_400_000_000_000L);
        assertThat(TimeBound.parse("until", "-10s", now)).isEqualTo(now + 10_000_000_000L);
        assertThat(TimeBound.parse("since", "2020-09-13T12:26:40Z", now)).isEqualTo(1_600_000_000_000_000_000L);
        assertThat(TimeBound.parse("since", "2020-09-13T14:26:40.5+02:00", now)).isEqualTo(1_600_000_000_500_000_000L);
        assertThat(TimeBound.parse("since", "2020-09-13T12:26", now)).isNotEqualTo(LogReader.UNBOUNDED);
        assertThat(TimeBound.parse("since", "2020-09-13", now)).isNotEqualTo(LogReader.UNBOUNDED);
        for (String bad : new String[] {"soon", "10 m", "5x", "1.2.3", "2020-13-01", "m", "-"}) {
            assertThatThrownBy(() -> TimeBound.parse("since", bad, now))
                    .as(bad)
                    .isInstanceOf(UserException.class)
                    .hasMessageContaining("--since '" + bad + "' is not a time");
        }
    }
}
