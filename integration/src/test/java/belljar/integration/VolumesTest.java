package belljar.integration;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Volumes and who uses them, each step by another process. */
@ExtendWith(LeakCheck.class)
final class VolumesTest {
    private static final Belljar BELLJAR = Belljar.fresh();

    @BeforeAll
    static void images() {
        SmallImage.into(BELLJAR, "small");
        SmallImage.into(BELLJAR, "declares", "VOLUME /data");
    }

    private static String sh(String script, String... options) {
        List<String> words = new ArrayList<>(List.of("run", "--rm"));
        words.addAll(List.of(options));
        words.addAll(List.of("sh", "-c", script));
        return BELLJAR.good(words.toArray(new String[0]));
    }

    private static void refused(int code, String part, String... command) {
        Program.Result result = BELLJAR.run(command);
        assertThat(result.code()).as(result.err()).isEqualTo(code);
        assertThat(result.err()).contains(part);
    }

    @Test
    void aVolumeHasTheImagesContentAtFirstAndItsOwnFromThenOn() {
        String look = "stat -c '%a %u:%g' /data; cat /data/sub/file; echo new > /data/sub/file";
        assertThat(sh(look, "-v", "kept:/data", "small")).isEqualTo("750 100:101\nof the image");
        assertThat(sh("cat /data/sub/file", "-v", "kept:/data", "small")).isEqualTo("new");
        assertThat(sh("ls /data", "--mount", "type=volume,src=bare,dst=/data,volume-nocopy=true", "small"))
                .isEmpty();
        assertThat(BELLJAR.good("volume", "rm", "kept", "bare")).isEqualTo("kept\nbare");
        assertThat(BELLJAR.run("volume", "exists", "kept").code()).isEqualTo(1);
    }

    @Test
    void mappedContainersFindTheImagesOwnersInTheirVolumes() {
        String look = "stat -c '%u:%g' /data /data/sub/file; touch /data/mine";
        String[] mapped = {"--uidmap", "0:700000:1000", "-v", "mapped:/data", "small"};
        assertThat(sh(look, mapped)).isEqualTo("100:101\n100:101");
        BELLJAR.good("volume", "rm", "mapped");
    }

    @Test
    void oneThatIsUsedStays() {
        BELLJAR.good("volume", "create", "--label", "a=b", "used");
        refused(125, "exists already", "volume", "create", "used");
        BELLJAR.good("create", "--name", "user", "-v", "used:/v", "small", "true");
        refused(2, "is used by the container ", "volume", "rm", "used");
        assertThat(BELLJAR.good("volume", "prune", "-f", "--filter", "label=a=b"))
                .isEmpty();
        assertThat(BELLJAR.good("volume", "ls", "--filter", "dangling=false", "-q"))
                .contains("used");
        assertThat(BELLJAR.good("volume", "ls", "--filter", "label=a", "--format", "{{.Name}} {{.Labels.a}}"))
                .isEqualTo("used b");
        assertThat(BELLJAR.good("volume", "rm", "-f", "used")).isEqualTo("used");
        assertThat(BELLJAR.good("ps", "-aq", "--filter", "name=^user$")).isEmpty();
        refused(1, "there is no volume 'used'", "volume", "rm", "used");
    }

    @Test
    void anonymousVolumesGoWithTheirContainerWhenThatIsWanted() {
        String anonymous = "anonymous=true";
        assertThat(sh("cat /data/sub/file", "declares")).isEqualTo("of the image");
        assertThat(BELLJAR.good("volume", "ls", "-q", "--filter", anonymous)).isEmpty();
        BELLJAR.good("run", "--name", "one", "-v", "named:/n", "declares", "sh", "-c", "echo 1 > /data/one");
        String volume = BELLJAR.good("volume", "ls", "-q", "--filter", anonymous);
        assertThat(volume).hasSize(64);
        assertThat(sh("cat /data/one; test -d /n", "--volumes-from", "one:ro", "small"))
                .isEqualTo("1");
        assertThat(BELLJAR.run("run", "--rm", "--volumes-from", "one:ro", "small", "touch", "/data/two")
                        .code())
                .isEqualTo(1);
        BELLJAR.good("start", "one");
        assertThat(BELLJAR.good("wait", "one")).isEqualTo("0");
        assertThat(BELLJAR.good("volume", "ls", "-q", "--filter", anonymous)).isEqualTo(volume);
        BELLJAR.good("rm", "-v", "one");
        assertThat(BELLJAR.good("volume", "ls", "-q", "--filter", anonymous)).isEmpty();
        assertThat(BELLJAR.good("volume", "rm", "named")).isEqualTo("named");
        assertThat(BELLJAR.good("events", "--stream=false", "--filter", "type=volume"))
                .contains("remove");
    }

    @Test
    void copiesToAndFromTheVolumesOfStoppedContainers() throws Exception {
        BELLJAR.good("create", "--name", "stopped", "-v", "copied:/data", "small", "true");
        Path place = Scratch.directory("volumes");
        Files.writeString(place.resolve("in"), "from the host\n");
        BELLJAR.good("cp", place + "/in", "stopped:/data/in");
        BELLJAR.good("cp", "stopped:/data", place + "/out");
        assertThat(place.resolve("out/in")).hasContent("from the host");
        assertThat(place.resolve("out/sub/file")).hasContent("of the image");
        BELLJAR.good("rm", "stopped");
        assertThat(sh("cat /v/in", "-v", "copied:/v", "small")).isEqualTo("from the host");
        BELLJAR.good("volume", "export", "-o", place + "/archive", "copied");
        BELLJAR.good("volume", "create", "second");
        BELLJAR.good("volume", "import", "second", place + "/archive");
        assertThat(sh("cat /v/in; stat -c %u /v/sub/file", "-v", "second:/v", "small"))
                .isEqualTo("from the host\n100");
        assertThat(BELLJAR.good("volume", "prune", "-f", "--filter", "name=copied|second"))
                .isEqualTo("copied\nsecond");
    }

    @Test
    void givesAVolumeToTheUserAndDeclaresItInAnImage() {
        String out = sh("stat -c %u /v; touch /v/mine", "-v", "owned:/v:U", "--user", "app", "small");
        assertThat(out).isEqualTo("100");
        BELLJAR.good("run", "--name", "declaring", "-v", "owned:/v", "small", "true");
        BELLJAR.good("commit", "-q", "-p", "--include-volumes", "declaring", "declared");
        BELLJAR.good("rm", "declaring");
        assertThat(BELLJAR.good("image", "inspect", "declared")).contains("\"/v\"");
        BELLJAR.good("volume", "rm", "owned");
    }

    @Test
    void volumesCanLieElsewhere() throws Exception {
        Path place = Scratch.directory("elsewhere");
        Files.writeString(place.resolve("file"), "of the host\n");
        BELLJAR.good("volume", "create", "-o", "o=bind,ro", "-o", "device=" + place, "host");
        BELLJAR.good("volume", "create", "-o", "type=tmpfs", "-o", "o=size=1m", "memory");
        refused(125, "is not built yet", "volume", "create", "-o", "type=nfs", "-o", "device=x:/y", "net");
        String script = "cat /h/file; touch /h/x 2>/dev/null || echo readonly; find /m; touch /m/x";
        assertThat(sh(script, "-v", "host:/h", "-v", "memory:/m", "small")).isEqualTo("of the host\nreadonly\n/m");
        BELLJAR.good("volume", "rm", "host", "memory");
        assertThat(place.resolve("file")).exists();
    }
}
