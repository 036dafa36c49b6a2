package belljar.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import belljar.engine.ContainerRecord.Status;
import belljar.failure.UserException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class PodsTest {
    @TempDir
    Path dir;

    private static List<ContainerRecord> containers(Status... all) {
        List<ContainerRecord> records = new ArrayList<>();
        for (Status status : all) {
            PreparedImage image = new PreparedImage("", ImageDefaults.NONE, List.of("/"), HealthRequest.DEFAULT, true);
            ContainerRecord record = ContainerRecord.of("id", "name", "container", RunRequest.of("dir:/"), image, 1);
            records.add(record.with(record.state().living(status, 1, "")));
        }
        return records;
    }

    @Test
    void isInTheStateThatItsContainersAreIn() {
        assertThat(Pods.state(List.of())).isEqualTo("Created");
        assertThat(Pods.state(containers(Status.CREATED, Status.CREATED))).isEqualTo("Created");
        assertThat(Pods.state(containers(Status.RUNNING, Status.STOPPING))).isEqualTo("Running");
        assertThat(Pods.state(containers(Status.RUNNING, Status.EXITED))).isEqualTo("Degraded");
        assertThat(Pods.state(containers(Status.PAUSED, Status.PAUSED))).isEqualTo("Paused");
        assertThat(Pods.state(containers(Status.EXITED, Status.EXITED))).isEqualTo("Exited");
        assertThat(Pods.state(containers(Status.CREATED, Status.EXITED))).isEqualTo("Stopped");
    }

    @Test
    void keepsItsRecordAsItIs() {
        PodRecord pod =
                new PodRecord("0".repeat(64), "web", 7, Map.of("a", "b"), List.of("net", "pid"), true, true, "host");
        assertThat(PodRecord.parse("file", pod.toText())).isEqualTo(pod);
    }

    @Test
    void runsAnInitWithoutAProgramThatEndsWhenAsked() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "skipped: needs root");
        Engine engine = Engine.open(dir.resolve("root"), dir.resolve("state"));
        PodRecord pod = engine.pods().create(PodRequest.of("quiet"));
        ContainerRecord infra = engine.pods().containers(pod).get(0);
        assertThatThrownBy(() -> engine.remove(infra.id(), RemoveOptions.FORCE))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("pod rm");
        engine.pods().start(pod);
        long pid = engine.pid(infra.id());
        // It lets go of what it was made with after it was seen to have started.
        while (!Files.readString(Path.of("/proc/" + pid + "/stat")).contains(") S ")) {
            Thread.sleep(1);
        }
        // What it has no use for must neither end it nor keep it busy.
        Pause.signal(pid, 10);
        engine.pods().stop(pod, OptionalInt.of(30));
        assertThat(engine.container(infra.id()).exitCode()).isZero();
        engine.pods().remove(pod, false, OptionalInt.empty());
        assertThat(engine.containers()).isEmpty();
        assertThat(engine.pods().list()).isEmpty();
    }
}
