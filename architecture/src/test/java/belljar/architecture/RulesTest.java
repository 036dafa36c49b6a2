package belljar.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Shows that each rule fails on code that breaks it, and names the place. */
final class RulesTest {
    @TempDir
    private Path root;

    private final List<Path> written = new ArrayList<>();

    @BeforeEach
    void writesWhatKeepsEveryRule() throws IOException {
        source("failure", "belljar.failure.Low", "public class Low { int depth; }");
        source("engine", "belljar.engine.High", "public class High extends belljar.failure.Low {}");
        marked("failure");
        marked("engine");
    }

    @Test
    void findsNothingInCodeThatKeepsTheRules() {
        JavaClasses classes = compiled();
        ArchitectureTest.rules()
                .forEach(rule -> assertThat(broken(rule, classes)).isEmpty());
    }

    @Test
    void findsAnArrowThatPointsUp() throws IOException {
        source("failure", "belljar.failure.Climber", "class Climber { belljar.engine.Other[] up; }");
        source("engine", "belljar.engine.Other", "public class Other {}");
        assertThat(broken(Rules.arrows(), compiled()))
                .isNotEmpty()
                .allMatch(line -> line.contains("failure may not use engine") && line.contains("Climber.up"));
    }

    @Test
    void findsAModuleThatTheTableDoesNotName() throws IOException {
        source("misc", "belljar.misc.Stray", "class Stray {}");
        marked("misc");
        assertThat(broken(Rules.arrows(), compiled()))
                .anyMatch(line -> line.contains("belljar.misc.Stray is in no module"));
    }

    @Test
    void findsACycle() throws IOException {
        source("failure", "belljar.failure.Climber", "class Climber { belljar.engine.High up; }");
        assertThat(broken(Rules.noCycles(), compiled()))
                .singleElement()
                .asString()
                .contains("Cycle detected")
                .contains("Climber.up");
    }

    @Test
    void findsAPackageThatIsNotNullMarked() throws IOException {
        source("json", "belljar.json.Bare", "class Bare {}");
        assertThat(broken(Rules.nullMarked(), compiled()))
                .singleElement()
                .asString()
                .contains("belljar.json has no package-info");
    }

    @Test
    void findsAPackageInfoWithoutNullMarked() throws IOException {
        source("json", "belljar.json.Bare", "class Bare {}");
        source("json", "belljar.json.package-info", "");
        assertThat(broken(Rules.nullMarked(), compiled())).anyMatch(line -> line.contains("belljar.json.Bare"));
    }

    @Test
    void findsLogging() throws IOException {
        source("engine", "belljar.engine.Chatty", "class Chatty { java.util.logging.Logger log; }");
        assertThat(broken(Rules.noLogging(), compiled()))
                .singleElement()
                .asString()
                .contains("Chatty.log");
    }

    @Test
    void findsTheLoggerOfThePlatform() throws IOException {
        source("engine", "belljar.engine.Chatty", "class Chatty { System.Logger log = System.getLogger(\"x\"); }");
        assertThat(broken(Rules.noLogging(), compiled())).anyMatch(line -> line.contains("Chatty"));
    }

    @Test
    void findsUnsafeMemory() throws IOException {
        source("engine", "belljar.engine.Bold", "class Bold { sun.misc.Unsafe unsafe; }");
        assertThat(broken(Rules.noUnsafe(), compiled()))
                .singleElement()
                .asString()
                .contains("Bold.unsafe");
    }

    @Test
    void findsSignalsOutsideTheCommandLine() throws IOException {
        source("engine", "belljar.engine.Grabber", "class Grabber { sun.misc.Signal signal; }");
        source("cli", "belljar.cli.Owner", "class Owner { sun.misc.Signal signal; }");
        assertThat(broken(Rules.signalsOnlyInCli(), compiled()))
                .singleElement()
                .asString()
                .contains("Grabber.signal");
    }

    @Test
    void findsAnInjectedField() throws IOException {
        source(
                "engine",
                "javax.inject.Inject",
                "@java.lang.annotation.Retention(java.lang.annotation.RetentionPolicy.RUNTIME) public @interface Inject {}");
        source("engine", "belljar.engine.Fed", "class Fed { @javax.inject.Inject Object spoon; }");
        assertThat(broken(Rules.noFieldInjection(), compiled()))
                .singleElement()
                .asString()
                .contains("Fed.spoon");
    }

    @Test
    void findsALongFileInMainAndInTest() throws IOException {
        String tooMuch = "\n".repeat(Rules.MOST_LINES + 1);
        source("engine", "belljar.engine.Fits", "class Fits {}" + "\n".repeat(Rules.MOST_LINES));
        source("engine", "belljar.engine.Long", "class Long {}" + tooMuch);
        Path test = Files.createDirectories(root.resolve("cli/src/test/java")).resolve("LongTest.java");
        Files.writeString(test, "class LongTest {}" + tooMuch);
        assertThat(Rules.tooLong(new Repository(root)))
                .hasSize(2)
                .anyMatch(line -> line.startsWith("engine/src/main/java/belljar/engine/Long.java has 501 lines"))
                .anyMatch(line -> line.startsWith("cli/src/test/java/LongTest.java has 501 lines"));
    }

    private void marked(String module) throws IOException {
        if (written.stream().noneMatch(file -> file.endsWith("NullMarked.java"))) {
            source(
                    module,
                    "org.jspecify.annotations.NullMarked",
                    "@java.lang.annotation.Retention(java.lang.annotation.RetentionPolicy.RUNTIME)"
                            + " @java.lang.annotation.Target(java.lang.annotation.ElementType.PACKAGE)"
                            + " public @interface NullMarked {}");
        }
        source(module, "belljar." + module + ".package-info", "");
        Path info = root.resolve(module + "/src/main/java/belljar/" + module + "/package-info.java");
        Files.writeString(info, "@org.jspecify.annotations.NullMarked package belljar." + module + ";");
    }

    /** Writes one class; the package comes from its name and shares the first line with the body. */
    private void source(String module, String name, String body) throws IOException {
        int dot = name.lastIndexOf('.');
        Path file = root.resolve(module).resolve("src/main/java").resolve(name.replace('.', '/') + ".java");
        Files.createDirectories(file.getParent());
        Files.writeString(root.resolve(module).resolve("pom.xml"), "");
        Files.writeString(file, "package " + name.substring(0, dot) + "; " + body);
        written.remove(file);
        written.add(file);
    }

    /** Compiles what was written, each module's part to its own folder as Maven does. */
    private JavaClasses compiled() {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        try (var files = compiler.getStandardFileManager(null, null, null)) {
            Path all = Files.createDirectories(root.resolve("all"));
            StringWriter said = new StringWriter();
            boolean done = compiler.getTask(
                            said,
                            files,
                            null,
                            List.of("-d", all.toString(), "-implicit:none", "-proc:none"),
                            null,
                            files.getJavaFileObjectsFromPaths(written))
                    .call();
            assertThat(done).as(said.toString()).isTrue();
            for (String module : new Repository(root).modules()) {
                distribute(module, all);
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        return new Repository(root).classes();
    }

    private void distribute(String module, Path all) throws IOException {
        Path from = all.resolve("belljar").resolve(module);
        Path to = Files.createDirectories(root.resolve(module).resolve("target/classes/belljar/" + module));
        try (var classes = Files.list(from)) {
            for (Path type : classes.toList()) {
                Files.copy(type, to.resolve(type.getFileName()));
            }
        }
    }

    private static List<String> broken(ArchRule rule, JavaClasses classes) {
        return rule.evaluate(classes).getFailureReport().getDetails();
    }
}
