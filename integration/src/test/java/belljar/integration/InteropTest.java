package belljar.integration;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Images between Belljar, other engines and a real registry. */
@ExtendWith(LeakCheck.class)
final class InteropTest {
    private static final Path FILES = Scratch.directory("interop");
    private static Registry registry;
    private static Podman podman;

    @BeforeAll
    static void starts() {
        podman = Podman.fresh();
        Machine.needs("docker-registry", "skopeo", "buildah");
        registry = Registry.open();
        Shared.belljar().good("push", "-q", "--tls-verify=false", Shared.BUSYBOX, registry.name() + "/tools:1");
    }

    @AfterAll
    static void ends() {
        registry.close();
        podman.close();
    }

    private static String skopeo(String... arguments) {
        String[] all = new String[arguments.length + 4];
        all[0] = "skopeo";
        all[1] = "--insecure-policy";
        all[2] = "--tmpdir";
        all[3] = FILES.toString();
        System.arraycopy(arguments, 0, all, 4, arguments.length);
        return Program.run(all).good();
    }

    private static String digest(String image) {
        return skopeo("inspect", "--tls-verify=false", "--format", "{{.Digest}}", "docker://" + image);
    }

    @Test
    void podmanRunsWhatWePushed() {
        String image = registry.name() + "/tools:1";
        podman.good("pull", "-q", "--tls-verify=false", image);
        assertThat(podman.good(Podman.run(List.of(), image, List.of("busybox", "echo", "from Belljar"))
                        .toArray(String[]::new)))
                .isEqualTo("from Belljar");
        assertThat(podman.good("image", "inspect", "--format", "{{.Digest}}", image))
                .isEqualTo(digest(image));
        String id = Shared.belljar().good("pull", "-q", Shared.BUSYBOX);
        assertThat(podman.good("image", "inspect", "--format", "{{.Id}}", image))
                .isEqualTo(id);
    }

    @ParameterizedTest
    @ValueSource(strings = {"oci", "v2s2"})
    void runsWhatSkopeoCopied(String format) {
        String image = registry.name() + "/copied:" + format;
        skopeo(
                "copy",
                "-q",
                "--format",
                format,
                "--src-tls-verify=false",
                "--dest-tls-verify=false",
                "docker://" + registry.name() + "/tools:1",
                "docker://" + image);
        Belljar belljar = Belljar.fresh();
        assertThat(belljar.good("run", "--rm", "-q", "--tls-verify=false", image, "busybox", "echo", "copied"))
                .isEqualTo("copied");
        assertThat(belljar.good("images", "--digests", "--format", "{{.Digest}}"))
                .isEqualTo(digest(image));
        // The image's own name, by digest, is the same image.
        assertThat(belljar.good("pull", "-q", "--tls-verify=false", registry.name() + "/copied@" + digest(image)))
                .isEqualTo(belljar.good("images", "-q", "--no-trunc").replace("sha256:", ""));
    }

    @Test
    void runsWhatBuildahBuilt() {
        List<String> storage = List.of(
                "buildah",
                "--root",
                FILES.resolve("buildah").toString(),
                "--runroot",
                FILES.resolve("buildah-run").toString(),
                "--storage-driver",
                "vfs");
        String container = buildah(storage, "from", "--pull-never", "scratch");
        Path script =
                Scratch.write(FILES.resolve("hello"), "#!/busybox sh\necho \"$GREETING from $PWD as $(id -u)\"\n");
        assertThat(script.toFile().setExecutable(true, false)).isTrue();
        buildah(storage, "copy", container, "/bin/busybox", "/busybox");
        buildah(storage, "copy", container, script.toString(), "/hello");
        buildah(storage, "config", "--env", "GREETING=hello", "--env", "PATH=/", "--workingdir", "/work", container);
        buildah(storage, "config", "--user", "7:8", "--entrypoint", "[\"/hello\"]", container);
        buildah(storage, "commit", "-q", "--squash", container, "built:1");
        String image = registry.name() + "/built:1";
        buildah(storage, "push", "-q", "--tls-verify=false", "built:1", "docker://" + image);
        buildah(storage, "rm", "--all");
        Belljar belljar = Belljar.fresh();
        // The applets of a static busybox are not in the image, so the shell finds its own.
        assertThat(belljar.good("run", "--rm", "-q", "--tls-verify=false", image))
                .isEqualTo("hello from /work as 7");
    }

    private static String buildah(List<String> storage, String... arguments) {
        List<String> command = new java.util.ArrayList<>(storage);
        command.addAll(List.of(arguments));
        return Program.run(command.toArray(String[]::new)).good();
    }

    @ParameterizedTest
    @ValueSource(strings = {"oci-archive", "docker-archive"})
    void podmanLoadsWhatWeSaved(String format) {
        String archive = FILES.resolve("saved-" + format + ".tar").toString();
        Belljar belljar = Shared.belljar();
        belljar.good("tag", Shared.BUSYBOX, "localhost/saved:" + format);
        belljar.good("save", "-q", "--format", format, "-o", archive, "localhost/saved:" + format);
        podman.good("load", "-q", "-i", archive);
        assertThat(podman.good(Podman.run(List.of(), "localhost/saved:" + format, List.of("busybox", "echo", "loaded"))
                        .toArray(String[]::new)))
                .isEqualTo("loaded");
    }

    @ParameterizedTest
    @ValueSource(strings = {"oci-archive", "docker-archive"})
    void runsWhatPodmanSaved(String format) {
        String image = registry.name() + "/tools:1";
        String archive = FILES.resolve("podman-" + format + ".tar").toString();
        podman.good("pull", "-q", "--tls-verify=false", image);
        podman.good("save", "-q", "--format", format, "-o", archive, image);
        Belljar belljar = Belljar.fresh();
        assertThat(belljar.good("load", "-q", "-i", archive)).contains("Loaded image: " + image);
        assertThat(belljar.good("run", "--rm", "--pull", "never", image, "busybox", "echo", "both ways"))
                .isEqualTo("both ways");
        assertThat(belljar.good("run", "--rm", format + ":" + archive, "busybox", "echo", "directly"))
                .isEqualTo("directly");
    }
}
