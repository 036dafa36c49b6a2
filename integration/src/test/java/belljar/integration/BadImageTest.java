package belljar.integration;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Images that are not there, are damaged, or may not be had. */
@ExtendWith(LeakCheck.class)
final class BadImageTest {
    private static final Path FILES = Scratch.directory("bad-images");
    private static String registry = "";
    private static String layer = "";
    private static List<Registry> registries = List.of();

    @BeforeAll
    static void makesImages() throws IOException {
        Machine.needsRoot();
        Machine.needs("docker-registry");
        Belljar belljar = Shared.belljar();
        Registry open = Registry.open();
        Registry closed = Registry.closed();
        registries = List.of(open, closed);
        registry = open.name();
        belljar.good("push", "-q", "--tls-verify=false", Shared.BUSYBOX, registry + "/tools:1");
        belljar.good("push", "-q", "--tls-verify=false", Shared.BUSYBOX, registry + "/damaged:1");
        for (String layout : List.of("corrupt", "short", "missing")) {
            belljar.good("push", "-q", Shared.BUSYBOX, "oci:" + FILES.resolve(layout) + ":1");
        }
        layer = layer("corrupt").getFileName().toString();
        damage(layer("corrupt"));
        Path small = layer("short");
        Files.write(small, java.util.Arrays.copyOf(Files.readAllBytes(small), 1000));
        Files.delete(layer("missing"));
        Files.createDirectories(FILES.resolve("empty"));
        Scratch.write(FILES.resolve("garbage.tar"), "this is no archive at all ".repeat(100));
        Scratch.write(FILES.resolve("nothing.tar"), "");
    }

    @AfterAll
    static void endsRegistries() {
        registries.forEach(Registry::close);
    }

    /** {@return the biggest blob of a layout} */
    private static Path layer(String layout) throws IOException {
        try (Stream<Path> blobs = Files.list(FILES.resolve(layout).resolve("blobs/sha256"))) {
            return blobs.max(java.util.Comparator.comparingLong(
                            blob -> blob.toFile().length()))
                    .orElseThrow();
        }
    }

    private static void damage(Path file) throws IOException {
        byte[] content = Files.readAllBytes(file);
        content[content.length / 2] ^= 1;
        Files.write(file, content);
    }

    static Stream<Refusal> references() {
        return Stream.of(
                Refusal.of(125, "'Upper/Case'", "run --rm Upper/Case true"),
                Refusal.of(125, "'a//b'", "run --rm a//b true"),
                Refusal.of(125, "'name:'", "run --rm name: true"),
                Refusal.of(125, "'name@sha256:123'", "run --rm name@sha256:123 true"),
                Refusal.of(125, "'-x'", "pull -q -- -x"),
                Refusal.of(125, "'a:b:c'", "pull -q a:b:c"),
                Refusal.of(125, "'.hidden'", "pull -q .hidden"),
                Refusal.of(125, "absent/image", "run --rm --pull never absent/image true"),
                Refusal.of(125, "'ftp://host/image'", "run --rm ftp://host/image true"),
                Refusal.of(125, "oci:", "pull -q oci:"),
                Refusal.of(125, "apt:", "pull -q apt:"),
                Refusal.of(125, "no-such-package-anywhere", "pull -q apt:no-such-package-anywhere"),
                Refusal.of(125, "'../etc'", "pull -q apt:../etc"),
                Refusal.of(125, "FILES/none", "run --rm dir:FILES/none true"),
                Refusal.of(125, "FILES/garbage.tar", "run --rm dir:FILES/garbage.tar true"));
    }

    static Stream<Refusal> content() {
        return Stream.of(
                Refusal.of(125, "'2'", "pull -q oci:FILES/corrupt:2"),
                Refusal.of(125, "FILES/empty", "pull -q oci:FILES/empty"),
                Refusal.of(125, "FILES/none.tar", "pull -q oci-archive:FILES/none.tar"),
                Refusal.of(125, "FILES/garbage.tar", "pull -q docker-archive:FILES/garbage.tar"),
                Refusal.of(125, "FILES/garbage.tar", "load -q -i FILES/garbage.tar"),
                Refusal.of(125, "FILES/nothing.tar", "load -q -i FILES/nothing.tar"),
                Refusal.of(125, "FILES/none.tar", "load -q -i FILES/none.tar"),
                Refusal.of(125, "FILES/garbage.tar", "import -q FILES/garbage.tar"),
                Refusal.of(125, "/no/such/directory", "save -q -o /no/such/directory/x.tar " + Shared.BUSYBOX),
                Refusal.of(125, "'none'", "save -q -o FILES/out.tar none"),
                Refusal.of(1, "'none'", "rmi none"),
                Refusal.of(125, "'none'", "tag none other"),
                Refusal.of(125, "'Bad Name'".replace(' ', '_'), "tag " + Shared.BUSYBOX + " Bad_Name"),
                Refusal.of(125, "'none'", "push -q none REGISTRY/x:1"));
    }

    static Stream<Refusal> registries() {
        return Stream.of(
                Refusal.of(125, "REGISTRY", "pull -q REGISTRY/tools:1"),
                Refusal.of(125, "--tls-verify=false", "pull -q REGISTRY/tools:1"),
                Refusal.of(125, "REGISTRY has no repository 'none'", "pull -q --tls-verify=false REGISTRY/none:1"),
                Refusal.of(125, "REGISTRY has no image 'tools:2'", "run --rm --tls-verify=false REGISTRY/tools:2"),
                Refusal.of(125, "NOBODY", "push -q --tls-verify=false " + Shared.BUSYBOX + " NOBODY/x:1"),
                Refusal.of(125, "no.such.host.invalid", "pull -q no.such.host.invalid/x:1"),
                Refusal.of(125, "CLOSED", "pull -q --tls-verify=false CLOSED/x:1"),
                Refusal.of(125, "CLOSED", "pull -q --tls-verify=false --creds user:wrong CLOSED/x:1"),
                Refusal.of(125, "CLOSED", "push -q --tls-verify=false " + Shared.BUSYBOX + " CLOSED/x:1"),
                Refusal.of(125, "USER:PASSWORD", "pull -q --creds user CLOSED/x:1"),
                Refusal.of(125, "FILES/none.json", "pull -q --authfile FILES/none.json REGISTRY/tools:1"),
                Refusal.of(125, "'s390x'", "pull -q --tls-verify=false --platform s390x REGISTRY/tools:1"),
                Refusal.of(
                        125,
                        "sha256:" + "0".repeat(64),
                        "pull -q --tls-verify=false REGISTRY/tools@sha256:" + "0".repeat(64)));
    }

    @ParameterizedTest
    @MethodSource({"references", "content", "registries"})
    void refusesInOneSentence(Refusal refusal) {
        List<String> arguments = new ArrayList<>();
        for (String word : refusal.arguments()) {
            arguments.add(placed(word));
        }
        new Refusal(refusal.code(), placed(refusal.says()), arguments)
                .check(Shared.belljar().run(arguments.toArray(String[]::new)));
    }

    /** Programs that read JSON get an empty list, as from Podman. */
    @Test
    void inspectsNothingAsAnEmptyList() {
        Program.Result result = Shared.belljar().run("image", "inspect", "none");
        assertThat(result.code()).isEqualTo(125);
        assertThat(result.out()).isEqualTo("[]\n");
        assertThat(result.err()).startsWith("belljar: ").contains("'none'").hasLineCount(1);
    }

    private static String placed(String word) {
        return word.replace("FILES", FILES.toString())
                .replace("REGISTRY", registry)
                .replace("CLOSED", registries.get(1).name())
                .replace("NOBODY", "127.0.0.1:1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"corrupt", "short", "missing"})
    void refusesADamagedLayout(String layout) {
        Belljar belljar = Belljar.fresh();
        new Refusal(125, "sha256:" + layer, List.of()).check(belljar.run("pull", "-q", "oci:" + FILES.resolve(layout)));
        assertThat(belljar.good("images", "-q")).isEmpty();
    }

    @Test
    void takesTheRightPassword() {
        String image = registries.get(1).name() + "/tools:1";
        Belljar belljar = Shared.belljar();
        belljar.good("push", "-q", "--tls-verify=false", "--creds", "user:secret", Shared.BUSYBOX, image);
        assertThat(Belljar.fresh()
                        .good(
                                "run",
                                "--rm",
                                "-q",
                                "--tls-verify=false",
                                "--creds=user:secret",
                                image,
                                "busybox",
                                "echo",
                                "in"))
                .isEqualTo("in");
    }

    @Test
    void refusesALayerThatTheRegistryDamaged() throws IOException {
        Belljar belljar = Belljar.fresh();
        String inspected = Program.run("skopeo", "inspect", "--tls-verify=false", "docker://" + registry + "/damaged:1")
                .good();
        int at = inspected.indexOf("sha256:", inspected.indexOf("\"Layers\""));
        String layer = inspected.substring(at + 7, at + 7 + 64);
        Path blob = registries.get(0).blob(layer);
        byte[] whole = Files.readAllBytes(blob);
        damage(blob);
        new Refusal(125, layer.substring(0, 12), List.of())
                .check(belljar.run("pull", "-q", "--tls-verify=false", registry + "/damaged:1"));
        assertThat(belljar.good("images", "-q")).isEmpty();
        Files.write(blob, whole);
        belljar.good("pull", "-q", "--tls-verify=false", registry + "/damaged:1");
    }
}
