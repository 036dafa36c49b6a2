package belljar.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.engine.Event;
import belljar.engine.Events;
import belljar.failure.UserException;
import belljar.json.Json;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the commands tell that only look. */
final class InformationTest {
    @TempDir
    Path directory;

    private String run(int code, String... words) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream stream = new PrintStream(out, true, StandardCharsets.UTF_8);
        List<String> all = new ArrayList<>(List.of(
                "--root",
                directory.resolve("root").toString(),
                "--state",
                directory.resolve("state").toString()));
        all.addAll(List.of(words));
        assertThat(Main.run(all, Map.of(), stream, stream)).isEqualTo(code);
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void eventsAreShownAsPodmanDoesFilteredAndByTemplate() throws Exception {
        run(0, "info");
        Events events = Events.of(directory.resolve("state"));
        events.append("container", "start", "abcdef", "web", "nginx", Map.of("app", "shop"));
        events.append("container", "died", "abcdef", "web", "nginx", Map.of("exitCode", "3"));
        events.append("volume", "create", "", "data", "", Map.of());

        assertThat(run(0, "events", "--stream=false").lines())
                .hasSize(3)
                .satisfies(lines -> assertThat(lines.get(0))
                        .matches("\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{9} [+-]\\d{4} \\S+ container start"
                                + " abcdef \\(image=nginx, name=web, app=shop\\)"))
                .last()
                .asString()
                .endsWith("volume create data");
        assertThat(run(
                        0,
                        "events",
                        "--stream=false",
                        "--filter",
                        "container=web",
                        "--filter",
                        "event=died",
                        "--format",
                        "{{.Status}} {{.Attributes.exitCode}}"))
                .isEqualTo("died 3\n");
        assertThat(run(0, "events", "--stream=false", "-f", "label=app=shop", "--format", "{{.Name}}"))
                .isEqualTo("web\n");
        assertThat(Json.parse(run(0, "events", "--stream=false", "-f", "type=volume", "--format", "json"))
                        .asObject()
                        .text("Name"))
                .isEqualTo("data");
        assertThat(run(0, "events", "--stream=false", "--until", "1h")).isEmpty();
        assertThat(run(Main.FAILED, "events", "--stream=false", "-f", "colour=red"))
                .contains("--filter 'colour=red' is not understood");
    }

    @Test
    void filtersOfOneKeyAddUpAndOfSeveralMustAllFit() {
        Event event = new Event("image", "pull", "123", "nginx", "", 1, Map.of());
        assertThat(new EventFilter(List.of("image=x", "image=nginx")).fits(event))
                .isTrue();
        assertThat(new EventFilter(List.of("image=nginx", "event=tag")).fits(event))
                .isFalse();
        assertThat(new EventFilter(List.of("container=nginx")).fits(event)).isFalse();
        assertThatThrownBy(() -> new EventFilter(List.of("event"))).isInstanceOf(UserException.class);
    }

    @Test
    void infoAndVersionTakeFormats() throws Exception {
        assertThat(run(0, "info")).contains("graphRoot: " + directory.resolve("root"));
        assertThat(run(0, "info", "--format", "{{.Store.ContainerStore.Number}} {{.host.os}}"))
                .isEqualTo("0 linux\n");
        assertThat(Json.parse(run(0, "info", "-f", "json")).asObject().has("version"))
                .isTrue();
        assertThat(run(0, "version", "--format", "{{.Client.Version}}")).isEqualTo("0.1.0\n");
        assertThat(run(Main.FAILED, "version", "--format", "{{.Server}}")).contains("unknown field 'Server'");
    }

    @Test
    void whatIsNotThereIsNamed() {
        assertThat(run(Main.FAILED, "inspect", "nothing")).contains("there is no container or image 'nothing'");
        assertThat(run(Main.FAILED, "logs", "nothing")).contains("there is no container 'nothing'");
        assertThat(run(Main.FAILED, "logs", "--since", "soon", "x")).contains("--since 'soon' is not a time");
    }
}
