package belljar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import belljar.log.LogReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class EventsTest {
    @TempDir
    Path state;

    @Test
    void entersOneLineAnEvent() throws Exception {
        Events events = Events.of(state);
        events.append("container", "start", "abc", "web \"1\"", "nginx", Map.of("exitCode", "0"));
        events.append("volume", "create", "", "data", "", Map.of());

        List<String> lines = Files.readAllLines(events.file());
        assertThat(lines).hasSize(2);
        Event first = Event.parse(lines.get(0));
        assertThat(first.name()).isEqualTo("web \"1\"");
        assertThat(first.attributes()).containsEntry("exitCode", "0");
        assertThat(first.time()).isPositive();
        assertThat(Event.parse(lines.get(1)).type()).isEqualTo("volume");
    }

    @Test
    void losesNoEventOfWritersAtOnceThatRotate() throws Exception {
        List<Thread> writers = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            String type = "t" + i;
            Events events = new Events(state.resolve("events.jsonl"), 40_000);
            Thread writer = new Thread(() -> {
                for (int n = 0; n < 100; n++) {
                    events.append(type, "a" + n, "", "", "", Map.of());
                }
            });
            writers.add(writer);
            writer.start();
        }
        for (Thread writer : writers) {
            writer.join();
        }
        TreeSet<String> seen = new TreeSet<>();
        for (String name : new String[] {"events.jsonl.1", "events.jsonl"}) {
            for (String line : read(name)) {
                Event event = Event.parse(line);
                assertThat(seen.add(event.type() + event.action())).isTrue();
            }
        }
        // 400 lines of about 90 bytes rotate at most once here, so all must be there.
        assertThat(seen).hasSize(400);
    }

    @Test
    void keepsTwoFilesAtMost() throws Exception {
        Events events = new Events(state.resolve("events.jsonl"), 1_000);
        for (int n = 0; n < 100; n++) {
            events.append("system", "refresh", "", "", "", Map.of("n", Integer.toString(n)));
        }
        try (var files = Files.list(state)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder("events.jsonl", "events.jsonl.1");
        }
        assertThat(Files.size(events.file())).isLessThan(1_300);
    }

    @Test
    void startsANewLineAfterOneThatWasCutShort() throws Exception {
        Events events = Events.of(state);
        Files.writeString(events.file(), "{\"type\":\"conta", StandardOpenOption.CREATE);
        events.append("volume", "remove", "", "data", "", Map.of());
        List<String> lines = read("events.jsonl");
        assertThat(lines).hasSize(2);
        assertThat(Event.parse(lines.get(1)).action()).isEqualTo("remove");
    }

    @Test
    void givesWhatHappenedWithinABoundAndWhatHappensWhileOneFollows() throws Exception {
        Events events = new Events(state.resolve("events.jsonl"), 500);
        for (int n = 0; n < 6; n++) {
            events.append("volume", "create", "", "v" + n, "", Map.of());
        }
        List<Event> all = new ArrayList<>();
        EventReader.read(events, LogReader.UNBOUNDED, LogReader.UNBOUNDED, true, false, all::add);
        assertThat(all).extracting(Event::name).containsExactly("v0", "v1", "v2", "v3", "v4", "v5");

        List<Event> some = new ArrayList<>();
        EventReader.read(events, all.get(1).time(), all.get(3).time(), true, true, some::add);
        assertThat(some).containsExactlyElementsOf(all.subList(1, 4));

        List<String> news = new ArrayList<>();
        Thread writer = new Thread(() -> {
            for (int n = 0; n < 20; n++) {
                events.append("volume", "remove", "", "w" + n, "", Map.of());
            }
        });
        EventReader.read(events, all.get(5).time(), LogReader.UNBOUNDED, true, true, event -> {
            if (news.isEmpty()) {
                writer.start();
            }
            news.add(event.name());
            return !event.name().equals("w19");
        });
        writer.join();
        assertThat(news).startsWith("v5").doesNotHaveDuplicates().endsWith("w19");
    }

    private List<String> read(String name) throws IOException {
        Path file = state.resolve(name);
        return Files.exists(file) ? Files.readAllLines(file) : List.of();
    }
}
