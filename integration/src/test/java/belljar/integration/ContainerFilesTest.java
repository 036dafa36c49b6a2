package belljar.integration;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Copying, comparing, exporting and committing containers, hostile ones too. */
@ExtendWith(LeakCheck.class)
final class ContainerFilesTest {
    private static final Path FILES = Scratch.directory("files");
    private static final Belljar BELLJAR = Belljar.fresh();

    @BeforeAll
    static void image() {
        SmallImage.into(BELLJAR, "small", "WORKDIR /old");
    }

    private static String ended(String name, String script) {
        BELLJAR.good("run", "--name", name, "small", "sh", "-c", script);
        return name;
    }

    private static Path place(String name) throws IOException {
        Path place = FILES.resolve(name);
        Files.createDirectories(place);
        return place;
    }

    private static String look(Path file) {
        return Program.run("busybox", "stat", "-c", "%A %u:%g", file.toString()).good();
    }

    private static void refused(String part, String... command) {
        Program.Result result = BELLJAR.run(command);
        assertThat(result.code()).isEqualTo(125);
        assertThat(result.err()).contains(part);
    }

    @Test
    void copiesByDockersRulesForPaths() throws IOException {
        String c = ended("rules", "mkdir -p /tree/below /there; echo 1 > /tree/file; ln -s below /tree/link");
        Path out = place("rules");
        BELLJAR.good("cp", c + ":/tree", out + "/new");
        assertThat(out.resolve("new/file")).hasContent("1");
        assertThat(Files.readSymbolicLink(out.resolve("new/link"))).isEqualTo(Path.of("below"));
        BELLJAR.good("cp", c + ":/tree", out.toString());
        assertThat(out.resolve("tree/file")).hasContent("1");
        BELLJAR.good("cp", c + ":/tree/.", out.toString());
        assertThat(out.resolve("file")).hasContent("1");
        BELLJAR.good("cp", c + ":kept", out + "/renamed");
        assertThat(out.resolve("renamed")).hasContent("kept");
        BELLJAR.good("cp", c + ":/old/kept", out + "/below/");
        assertThat(out.resolve("below/kept")).hasContent("kept");
        BELLJAR.good("cp", c + ":/tree/link", out + "/followed");
        assertThat(Files.isDirectory(out.resolve("followed"), LinkOption.NOFOLLOW_LINKS))
                .isTrue();
        refused("does not exist", "cp", c + ":/old/kept", out + "/none/");
        refused("there is no", "cp", c + ":/nothing", out.toString());
        refused("is not a directory", "cp", c + ":/old/kept/", out.toString());
        refused("--overwrite", "cp", c + ":/tree", out + "/renamed");
        refused("is not a directory", "cp", out + "/renamed", c + ":/there/../tree/file/");
        BELLJAR.good("rm", c);
    }

    @Test
    void givesWhatComesInToTheContainersUser() throws IOException {
        BELLJAR.good("import", "-q", "-c", "USER app", archiveOf("small"), "users");
        BELLJAR.good("run", "--name", "owned", "users", "true");
        Path in = place("owned");
        Scratch.write(in.resolve("file"), "x");
        Program.run("busybox", "chmod", "4755", in.resolve("file").toString()).good();
        Program.run("busybox", "chown", "7:8", in.resolve("file").toString()).good();
        BELLJAR.good("cp", in + "/file", "owned:/data/mine");
        BELLJAR.good("cp", "--archive=false", in + "/file", "owned:/data/kept");
        String archive = FILES.resolve("owned.tar").toString();
        BELLJAR.good("export", "-o", archive, "owned");
        assertThat(Program.run("tar", "--numeric-owner", "-tvf", archive, "data/mine")
                        .good())
                .contains("100/101");
        assertThat(Program.run("tar", "--numeric-owner", "-tvf", archive, "data/kept")
                        .good())
                .contains("7/8");
        BELLJAR.good("cp", "owned:/data/sub/file", in + "/back");
        assertThat(look(in.resolve("back"))).endsWith(" 0:0");
        BELLJAR.good("rm", "owned");
    }

    private static String archiveOf(String image) {
        String archive = FILES.resolve("of-" + image + ".tar").toString();
        BELLJAR.good("run", "--name", "of-" + image, image, "true");
        BELLJAR.good("export", "-o", archive, "of-" + image);
        BELLJAR.good("rm", "of-" + image);
        return archive;
    }

    @Test
    void neverFollowsALinkOutOfTheContainer() throws IOException {
        Path secret = Scratch.write(FILES.resolve("secret/file"), "of the host");
        String up = "../".repeat(20);
        String c = ended(
                "links",
                "ln -s " + secret + " /absolute; ln -s " + up
                        + secret.toString().substring(1) + " /up;"
                        + "ln -s " + secret.getParent() + " /directory; ln -s / /whole; mkdir /into;"
                        + "ln -s " + secret.getParent() + " /into/target; ln -s /proc/self/root /magic");
        Path out = place("links");
        for (String path : List.of("/absolute", "/up", "/directory/file", "/magic" + secret, up + secret)) {
            assertThat(BELLJAR.run("cp", c + ":" + path, out + "/got").code()).isEqualTo(125);
            assertThat(out.resolve("got")).doesNotExist();
        }
        Scratch.write(out.resolve("in/target/file"), "overwritten");
        refused("something else than a directory", "cp", out + "/in/.", c + ":/into");
        refused("does not exist", "cp", out + "/in/target/file", c + ":/directory/file");
        BELLJAR.good("cp", out + "/in/target/file", c + ":/absolute");
        BELLJAR.good("cp", c + ":/whole/old/kept", out + "/kept");
        assertThat(out.resolve("kept")).hasContent("kept");
        Path made = out.resolve("t");
        String pack = "mkdir -p " + made + " && cd " + made + " && ln -s " + secret.getParent()
                + " target && tar -cf ../evil.tar target && rm target && mkdir target"
                + " && echo evil > target/file && tar -rf ../evil.tar target/file";
        Program.run("sh", "-c", pack).good();
        Program.run("sh", "-c", String.join(" ", BELLJAR.command("cp", "-", c + ":/into")) + " < " + out + "/evil.tar");
        assertThat(secret).hasContent("of the host");
        BELLJAR.good("rm", c);
    }

    @Test
    void withstandsLinksThatAreExchangedMeanwhile() throws Exception {
        Path secret = place("exchanged-secret");
        Scratch.write(secret.resolve("name"), "of the host");
        Path in = place("exchanged");
        Scratch.write(in.resolve("tree/d/name"), "copied");
        String script = "mkdir -p /x/d /y; echo inside > /x/d/name; ln -s " + secret + " /y/d;"
                + "while :; do mv /x/d /x/e; mv /y/d /x/d; mv /x/d /y/d; mv /x/e /x/d; done 2>/dev/null";
        Program running = BELLJAR.start("run", "--rm", "--name", "exchanger", "small", "sh", "-c", script);
        try {
            Await.until(
                    "it runs",
                    () -> BELLJAR.run("cp", "exchanger:/y", in + "/probe").code() == 0);
            for (int i = 0; i < 15; i++) {
                BELLJAR.run("cp", in + "/tree/.", "exchanger:/x");
                BELLJAR.run("cp", in + "/tree/d/name", "exchanger:/x/d/name");
                BELLJAR.run("cp", "exchanger:/x/d/name", in + "/got" + i);
                Path got = in.resolve("got" + i);
                assertThat(!Files.exists(got) || !Files.readString(got).contains("of the host"))
                        .isTrue();
            }
        } finally {
            running.kill();
            running.end("");
        }
        assertThat(secret.resolve("name")).hasContent("of the host");
        assertThat(secret).isDirectoryContaining("glob:**/name");
        try (var list = Files.list(secret)) {
            assertThat(list).hasSize(1);
        }
        BELLJAR.run("ps", "-a");
    }

    @Test
    void takesNeitherDevicesNorSetIdBitsToTheHost() throws IOException {
        BELLJAR.good(
                "run",
                "--name",
                "devices",
                "--cap-add",
                "MKNOD",
                "small",
                "sh",
                "-c",
                "mkdir /d; busybox mknod /d/memory c 1 1; mkfifo /d/pipe; echo x > /d/tool; chmod 6755 /d/tool");
        Path out = place("devices");
        BELLJAR.good("cp", "devices:/d", out.toString());
        assertThat(out.resolve("d/memory")).doesNotExist();
        assertThat(look(out.resolve("d/tool"))).isEqualTo("-rwxr-xr-x 0:0");
        BELLJAR.good("rm", "devices");
    }

    @Test
    void copiesWithARunningContainerAndSeesItsMounts() throws Exception {
        Path bound = place("bound");
        Program running = BELLJAR.start(
                "run", "--rm", "--name", "live", "-v", bound + ":/bound", "--tmpfs", "/memory", "small", "sleep", "60");
        try {
            Path file = Scratch.write(FILES.resolve("live-file"), "text");
            Await.until(
                    "it runs",
                    () -> BELLJAR.run("cp", file.toString(), "live:/memory/file")
                                    .code()
                            == 0);
            BELLJAR.good("cp", file.toString(), "live:/bound/file");
            assertThat(bound.resolve("file")).hasContent("text");
            BELLJAR.good("cp", "live:/memory/file", FILES + "/back");
            assertThat(FILES.resolve("back")).hasContent("text");
            String archive = FILES.resolve("live.tar").toString();
            BELLJAR.good("export", "-o", archive, "live");
            assertThat(Program.run("tar", "-tf", archive).good())
                    .contains("bound/", "memory/", "old/kept")
                    .doesNotContain("memory/file", "bound/file", "proc/1");
        } finally {
            running.kill();
            running.end("");
        }
        BELLJAR.run("ps", "-a");
    }

    @Test
    void copiesBetweenContainersAndRefusesADirectoryIntoItself() {
        ended("one", "mkdir -p /tree/below; echo 1 > /tree/file; chown 5:6 /tree/file");
        ended("two", "true");
        BELLJAR.good("cp", "--archive=false", "one:/tree", "two:/copied");
        String archive = FILES.resolve("two.tar").toString();
        BELLJAR.good("export", "-o", archive, "two");
        assertThat(Program.run("tar", "--numeric-owner", "-tvf", archive, "copied/file")
                        .good())
                .contains("5/6");
        refused("into itself", "cp", "one:/tree", "one:/tree/below");
        BELLJAR.good("cp", "one:/tree/file", "one:/tree/second");
        BELLJAR.good("rm", "one", "two");
    }

    @Test
    void showsChangesAndCommitsThem() throws IOException {
        String c = ended(
                "grown",
                "echo new > /added; rm -r /old; mkdir /old; echo z > /old/other; rm /data/sub/file; chmod 700 /data/sub;"
                        + "chown 9:10 /added; ln /added /hard");
        assertThat(BELLJAR.good("diff", c).lines())
                .containsExactly(
                        "A /added",
                        "C /data",
                        "C /data/sub",
                        "D /data/sub/file",
                        "C /etc", // the engine's own mounts are below it
                        "A /hard",
                        "C /old",
                        "D /old/gone",
                        "D /old/kept",
                        "A /old/other");
        assertThat(BELLJAR.good("diff", "--format", "json", c)).contains("\"deleted\"", "\"/old/gone\"");
        String id = BELLJAR.good(
                "commit",
                "-q",
                "-m",
                "remark",
                "-a",
                "author",
                "-c",
                "CMD [\"cat\",\"/added\"]",
                "-c",
                "ENV A=b",
                c,
                "grown-image");
        assertThat(BELLJAR.good("run", "--rm", "grown-image")).isEqualTo("new");
        String check =
                "ls /old; test -e /data/sub/file || echo gone; stat -c '%a %u:%g' /data/sub; stat -c '%a %u:%g %h' /added; echo $A";
        String expected = "other\ngone\n700 100:101\n644 9:10 2\nb";
        assertThat(BELLJAR.good("run", "--rm", "grown-image", "sh", "-c", check))
                .isEqualTo(expected);
        assertThat(BELLJAR.good("history", "--no-trunc", "--format", "{{.ID}} {{.Comment}}", "grown-image"))
                .startsWith(id + " remark");
        assertThat(BELLJAR.good("diff", "grown-image").lines()).contains("D /old/gone", "A /old/other", "A /added");
        BELLJAR.good("commit", "-q", "--squash", "-f", "docker", c, "flat");
        assertThat(BELLJAR.good("run", "--rm", "flat", "sh", "-c", check))
                .isEqualTo(expected.replace("\nb", "\n").strip());
        BELLJAR.good("rm", c);
    }

    @Test
    void podmanRunsWhatWasCommitted() {
        Podman podman = Podman.fresh();
        try {
            String c = ended("given", "echo new > /added; rm -r /old; mkdir /old; rm /data/sub/file");
            for (String format : List.of("oci", "docker")) {
                BELLJAR.good("commit", "-q", "-f", format, "-c", "CMD [\"/bin/sh\"]", c, "given:" + format);
                String archive = FILES.resolve("given-" + format + ".tar").toString();
                BELLJAR.good("save", "-q", "--format", format + "-archive", "-o", archive, "given:" + format);
                podman.good("load", "-q", "-i", archive);
                assertThat(podman.good(Podman.run(
                                        List.of(),
                                        "localhost/given:" + format,
                                        List.of("sh", "-c", "cat /added; ls /old /data/sub; stat -c %u:%g /data/sub"))
                                .toArray(String[]::new)))
                        .isEqualTo("new\n/data/sub:\n\n/old:\n100:101");
            }
            BELLJAR.good("rm", c);
        } finally {
            podman.close();
        }
    }

    @Test
    void keepsAMappedContainersOwners() {
        BELLJAR.good(
                "run",
                "--userns",
                "private",
                "--name",
                "mapped",
                "small",
                "sh",
                "-c",
                "echo 1 > /mine; chown 100:101 /mine");
        Path file = Scratch.write(FILES.resolve("mapped-file"), "x");
        BELLJAR.good("cp", file.toString(), "mapped:/data/in");
        BELLJAR.good("commit", "-q", "mapped", "mapped-image");
        assertThat(BELLJAR.good("run", "--rm", "mapped-image", "stat", "-c", "%u:%g", "/mine", "/data/in", "/data"))
                .isEqualTo("100:101\n0:0\n100:101");
        String archive = FILES.resolve("mapped.tar").toString();
        BELLJAR.good("export", "-o", archive, "mapped");
        assertThat(Program.run("tar", "--numeric-owner", "-tvf", archive, "mine")
                        .good())
                .contains("100/101");
        BELLJAR.good("rm", "mapped");
    }
}
