package belljar.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The shell script that starts Belljar, on a copy of the sources: it builds with Maven what users build. The tests
 * share one copy, and each leaves it as it would like to find it.
 */
final class LauncherTest {
    @TempDir
    private static Path home;

    private static Run first;

    record Run(int code, String out, String err) {}

    @BeforeAll
    static void copiesAndStartsForTheFirstTime() throws Exception {
        Path from = Path.of("..").toAbsolutePath().normalize();
        copy(from, "belljar");
        copy(from, "pom.xml");
        copy(from, "launcher");
        copy(from, ".mvn");
        try (var modules = Files.list(from)) {
            for (Path module : modules.filter(folder -> Files.exists(folder.resolve("pom.xml")))
                    .toList()) {
                copy(from, module.getFileName() + "/pom.xml");
                copy(from, module.getFileName() + "/src/main");
            }
        }
        // Another user is to come by here.
        Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwxr-xr-x"));
        first = belljar(Map.of(), "version");
    }

    @Test
    void buildsOnFirstUseWithOneLine() {
        assertThat(first.err()).isEqualTo("belljar: building (first use, about a minute)...\n");
        assertThat(first.code()).isZero();
        assertThat(first.out()).isNotBlank();
    }

    @Test
    void trainsTheCacheWithCommandsThatSucceed() throws Exception {
        assumeTrue(isRoot(), "needs root: elsewhere it depends on the host whether containers can be run");
        assertThat(home.resolve(".belljar/training.log")).content().contains("\n0 of these commands failed\n");
    }

    @Test
    void saysNothingLater() throws Exception {
        assertThat(belljar(Map.of(), "version")).isEqualTo(new Run(0, first.out(), ""));
    }

    @Test
    void startsNoProcessBeforeTheJvm() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/strace")), "needs strace");
        // Whatever another test left to be done is done before.
        assertThat(belljar(Map.of(), "version").code()).isZero();
        Path trace = home.resolve("trace");
        Run run = run(
                Map.of(),
                List.of("strace", "-qq", "-o", trace.toString(), "-e", "trace=process", home + "/belljar", "version"));
        assertThat(run.code()).as(run.err()).isZero();
        List<String> calls = Files.readAllLines(trace);
        assertThat(calls.get(0)).startsWith("execve(").contains("/belljar");
        assertThat(calls.get(1)).startsWith("execve(").contains("/bin/java");
    }

    @Test
    void usesTheTrainedCache() throws Exception {
        List<String> words = javaCommand("version");
        assertThat(words).anyMatch(word -> word.endsWith("/belljar.aot"));
        assertThat(loadsAllFromTheCache(words)).isZero();
    }

    @Test
    void usesASmallerCacheForARun() throws Exception {
        String folder = home + "/absent";
        List<String> words =
                javaCommand("--root", folder, "--state", folder, "run", "--pull", "never", "apt:none", "true");
        // Of an option given twice the JVM takes the last.
        assertThat(words.indexOf("-XX:AOTCache=" + cache("run.aot")))
                .isGreaterThan(words.indexOf("-XX:AOTCache=" + cache("belljar.aot")));
        assertThat(Files.size(cache("run.aot"))).isLessThan(Files.size(cache("belljar.aot")));
        assertThat(loadsAllFromTheCache(words)).isEqualTo(Main.FAILED);
    }

    @Test
    void compilesOnlyWhereMuchOutputMayPass() throws Exception {
        for (String brief :
                List.of("run --rm x true", "run --rm --network none x", "run -d x", "run -dt x", "start x")) {
            assertThat(javaCommand(brief.split(" ", -1))).as(brief).contains("-Xint");
        }
        for (String carrying :
                List.of("run x true", "run --rm -it x", "run -t --rm x", "container run x", "start -ai x")) {
            assertThat(javaCommand(carrying.split(" ", -1)))
                    .as(carrying)
                    .contains("-XX:TieredStopAtLevel=1")
                    .doesNotContain("-Xint");
        }
        assertThat(javaCommand("pull", "x")).doesNotContain("-Xint", "-XX:TieredStopAtLevel=1");
    }

    private static Path cache(String name) throws IOException {
        try (var files = Files.walk(home.resolve(".belljar"))) {
            return files.filter(file -> file.endsWith(name)).findFirst().orElseThrow();
        }
    }

    /** {@return what the launcher becomes} */
    private static List<String> javaCommand(String... args) throws Exception {
        List<String> shell = new ArrayList<>(List.of("sh", "-x", home + "/belljar"));
        shell.addAll(List.of(args));
        String command = run(Map.of(), shell)
                .err()
                .lines()
                .filter(line -> line.startsWith("+ exec "))
                .findFirst()
                .orElseThrow();
        return new ArrayList<>(List.of(command.substring("+ exec ".length()).split(" ", -1)));
    }

    /** {@return the exit code} */
    private static int loadsAllFromTheCache(List<String> words) throws Exception {
        words.remove("-Xlog:disable");
        // Without a cache that fits, this mode ends the JVM instead of quietly starting slowly.
        words.addAll(1, List.of("-XX:AOTMode=on", "-Xlog:class+load"));
        Run run = run(Map.of(), words);
        assertThat(run.out().lines().filter(line -> line.contains(" belljar.")))
                .as(run.out())
                .isNotEmpty()
                .allMatch(line -> line.contains("shared objects file"));
        return run.code();
    }

    @Test
    void buildsNothingForATouchedFile() throws Exception {
        touch(source());
        assertThat(belljar(Map.of(), "version").err()).isEmpty();
    }

    @Test
    void buildsChangedSourcesOnceHoweverManyStart() throws Exception {
        append("\n// changed\n");
        List<Process> started = new ArrayList<>();
        List<Path> errors = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            Path error = home.resolve("error" + i);
            errors.add(error);
            started.add(new ProcessBuilder(home + "/belljar", "version")
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(error.toFile())
                    .start());
        }
        StringBuilder said = new StringBuilder();
        for (int i = 0; i < started.size(); i++) {
            assertThat(started.get(i).waitFor(5, TimeUnit.MINUTES)).isTrue();
            String error = Files.readString(errors.get(i));
            assertThat(started.get(i).exitValue()).as(error).isZero();
            said.append(error);
        }
        assertThat(said.toString()).isEqualTo("belljar: building (the sources changed, about 15 seconds)...\n");
    }

    @Test
    void showsWhyABuildFailedAndRunsNothingOld() throws Exception {
        String good = Files.readString(source());
        try {
            append("\nclass Broken { int x = \"no number\"; }\n");
            Run broken = belljar(Map.of(), "version");
            assertThat(broken.code()).isEqualTo(125);
            assertThat(broken.out()).isEmpty();
            assertThat(broken.err())
                    .contains("incompatible types")
                    .contains("package-info.java")
                    .contains("belljar: the build failed (all of it in " + home + "/.belljar/build.log)");
        } finally {
            Files.writeString(source(), good);
        }
        assertThat(belljar(Map.of(), "version").code()).isZero();
    }

    @Test
    void passesOverAJavaThatIsTooOld() throws Exception {
        Path old = Files.createDirectories(home.resolve("old-jdk/bin"));
        Files.writeString(home.resolve("old-jdk/release"), "JAVA_VERSION=\"24.0.2\"\n");
        for (String program : List.of("java", "javac")) {
            Files.writeString(old.resolve(program), "#!/bin/sh\nexit 99\n");
            assertThat(old.resolve(program).toFile().setExecutable(true)).isTrue();
        }
        Map<String, String> asked = Map.of("JAVA_HOME", home + "/old-jdk");
        assertThat(belljar(asked, "version")).isEqualTo(new Run(0, first.out(), ""));
        Run insisted = belljar(Map.of("BELLJAR_JAVA_HOME", home + "/old-jdk"), "version");
        assertThat(insisted.code()).isEqualTo(125);
        assertThat(insisted.err())
                .isEqualTo("belljar: BELLJAR_JAVA_HOME is " + home
                        + "/old-jdk, which is not the home of a JDK 25 or later: correct or unset it\n");
    }

    @Test
    void saysHowToGetAJdkWhereThereIsNone() throws Exception {
        assumeTrue(isRoot(), "needs root to hide /usr/lib/jvm in a mount namespace");
        Run run = run(
                Map.of("JAVA_HOME", "", "PATH", "/usr/bin:/bin"),
                List.of(
                        "unshare",
                        "-m",
                        "sh",
                        "-c",
                        "mount -t tmpfs none /usr/lib/jvm && " + home + "/belljar version"));
        assertThat(run.code()).isEqualTo(125);
        assertThat(run.err())
                .startsWith("belljar: needs a JDK 25 or later: install openjdk-25-jdk-headless")
                .hasLineCount(1);
    }

    @Test
    void ignoresOptionsThatAreMeantForOtherPrograms() throws Exception {
        Map<String, String> options =
                Map.of("JDK_JAVA_OPTIONS", "-Xmx1k", "JAVA_TOOL_OPTIONS", "-XX:+UseG1GC", "_JAVA_OPTIONS", "-Dx=y");
        assertThat(belljar(options, "version")).isEqualTo(new Run(0, first.out(), ""));
    }

    @Test
    void startsThroughALink() throws Exception {
        Path link = Files.createSymbolicLink(home.resolve("elsewhere"), home.resolve("belljar"));
        assertThat(run(Map.of(), List.of(link.toString(), "version"))).isEqualTo(new Run(0, first.out(), ""));
    }

    @Test
    void startsForAUserWhoMayNotWriteThere() throws Exception {
        assumeTrue(isRoot(), "needs root to become another user");
        Run run = run(
                Map.of("JAVA_HOME", "/nonexistent"),
                List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", home + "/belljar", "version"));
        assertThat(run).isEqualTo(new Run(0, first.out(), ""));
    }

    private static Path source() {
        return home.resolve("cli/src/main/java/belljar/cli/package-info.java");
    }

    private static void append(String text) throws IOException {
        Files.writeString(source(), Files.readString(source()) + text);
        touch(source());
    }

    /** Sets a file's time past the record of the last build, which may be from the same tick of the clock. */
    private static void touch(Path file) throws IOException {
        Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
    }

    private static boolean isRoot() throws IOException {
        return Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
    }

    private static Run belljar(Map<String, String> environment, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(home + "/belljar"));
        command.addAll(List.of(arguments));
        return run(environment, command);
    }

    private static Run run(Map<String, String> environment, List<String> command) throws Exception {
        Path out = Files.createTempFile(home, "out", "");
        Path err = Files.createTempFile(home, "err", "");
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
        builder.environment().keySet().removeIf(name -> name.contains("JAVA") || name.contains("BELLJAR"));
        builder.environment().putAll(environment);
        Process process = builder.start();
        process.getOutputStream().close();
        assertThat(process.waitFor(5, TimeUnit.MINUTES)).as("%s ends", command).isTrue();
        return new Run(
                process.exitValue(),
                Files.readString(out, StandardCharsets.UTF_8),
                Files.readString(err, StandardCharsets.UTF_8));
    }

    private static void copy(Path from, String name) throws IOException {
        Path start = from.resolve(name);
        if (!Files.exists(start)) {
            return;
        }
        Files.walkFileTree(start, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Path to = home.resolve(from.relativize(file).toString());
                Files.createDirectories(to.resolveSibling("."));
                Files.copy(file, to, StandardCopyOption.COPY_ATTRIBUTES);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
