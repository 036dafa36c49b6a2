package belljar.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvent;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.library.GeneralCodingRules;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The rules themselves, apart from the tests so that they can be run on code that breaks them. */
final class Rules {
    /**
     * The table of arrows: for each module the modules that it may use. Modules not named here may not exist. The table
     * of docs/architecture.md says the same in words; change both.
     */
    static final Map<String, Set<String>> ARROWS = Map.ofEntries(
            Map.entry("failure", Set.of()),
            Map.entry("json", Set.of()),
            Map.entry("linux", Set.of("failure")),
            Map.entry("log", Set.of("failure", "json", "linux")),
            Map.entry("network", Set.of("failure", "json", "linux")),
            Map.entry("volume", Set.of("failure", "json", "linux")),
            Map.entry("image", Set.of("failure", "json", "linux")),
            Map.entry("sandbox", Set.of("failure")),
            Map.entry("container", Set.of("failure", "json", "linux", "sandbox")),
            Map.entry("machine", Set.of("failure")),
            Map.entry("translator", Set.of("failure", "machine")),
            Map.entry("kvm", Set.of("failure", "linux", "machine", "translator")),
            Map.entry("virtio", Set.of("failure", "machine")),
            Map.entry("microvm", Set.of("failure", "json", "linux", "image", "machine", "translator", "virtio", "kvm")),
            Map.entry(
                    "engine",
                    Set.of("failure", "json", "linux", "log", "network", "volume", "image", "sandbox", "container")),
            Map.entry(
                    "api",
                    Set.of("failure", "json", "linux", "log", "network", "image", "sandbox", "container", "engine")),
            Map.entry("examples", Set.of("failure", "engine", "api")),
            Map.entry(
                    "cli",
                    Set.of(
                            "failure",
                            "json",
                            "linux",
                            "log",
                            "network",
                            "volume",
                            "image",
                            "sandbox",
                            "container",
                            "machine",
                            "microvm",
                            "engine")),
            Map.entry(
                    "bench",
                    Set.of(
                            "failure",
                            "json",
                            "linux",
                            "log",
                            "network",
                            "image",
                            "sandbox",
                            "container",
                            "machine",
                            "translator",
                            "virtio",
                            "microvm",
                            "engine",
                            "cli")));

    /** A file is to fit in a reader's head. */
    static final int MOST_LINES = 500;

    private static final String ROOT = "belljar.";

    /** The table of the kernel's call numbers: one constant each, and nothing to divide. */
    private static final Set<String> LONG_TABLES = Set.of("linux/src/main/java/belljar/linux/Nr.java");

    private Rules() {}

    static ArchRule arrows() {
        return classes().should(new ArchCondition<JavaClass>("use only modules that the table of arrows gives them") {
            @Override
            public void check(JavaClass item, ConditionEvents events) {
                String from = module(item);
                Set<String> allowed = ARROWS.get(from);
                if (allowed == null) {
                    events.add(violated(item, item.getName() + " is in no module of the table of arrows"));
                    return;
                }
                for (Dependency dependency : item.getDirectDependenciesFromSelf()) {
                    String to = module(dependency.getTargetClass().getBaseComponentType());
                    if (!to.isEmpty() && !to.equals(from) && !allowed.contains(to)) {
                        events.add(violated(item, from + " may not use " + to + ": " + dependency.getDescription()));
                    }
                }
            }
        });
    }

    static ArchRule noCycles() {
        return slices().matching("belljar.(*)..").should().beFreeOfCycles();
    }

    static ArchRule nullMarked() {
        return classes().should(new ArchCondition<JavaClass>("be in a package marked @NullMarked") {
            @Override
            public void check(JavaClass item, ConditionEvents events) {
                JavaPackage home = item.getPackage();
                boolean marked = home.tryGetPackageInfo()
                        .map(info -> info.isAnnotatedWith("org.jspecify.annotations.NullMarked"))
                        .orElse(false);
                if (!marked && !home.getName().isEmpty()) {
                    events.add(violated(
                            item, home.getName() + " has no package-info with @NullMarked: " + item.getName()));
                }
            }
        });
    }

    static ArchRule noLogging() {
        return noClasses()
                .should()
                .dependOnClassesThat()
                .haveNameMatching("java\\.util\\.logging\\..*|java\\.lang\\.System\\$Logger.*");
    }

    static ArchRule noUnsafe() {
        return noClasses().should().dependOnClassesThat().haveNameMatching("(sun|jdk\\.internal)\\.misc\\.Unsafe");
    }

    /** Signals are the command line's: whoever embeds the engine keeps its own handlers. */
    static ArchRule signalsOnlyInCli() {
        return noClasses()
                .that()
                .resideOutsideOfPackage("belljar.cli..")
                .should()
                .dependOnClassesThat()
                .haveNameMatching("sun\\.misc\\.Signal(Handler)?");
    }

    static ArchRule noFieldInjection() {
        return GeneralCodingRules.NO_CLASSES_SHOULD_USE_FIELD_INJECTION;
    }

    /** {@return a sentence for each file that is too long} */
    static List<String> tooLong(Repository repository) {
        List<String> found = new ArrayList<>();
        for (Path source : repository.sources()) {
            String name = repository.root().relativize(source).toString();
            int lines = lines(source);
            if (lines > MOST_LINES && !LONG_TABLES.contains(name)) {
                found.add(name + " has " + lines + " lines: divide it by ideas, " + MOST_LINES + " are the most");
            }
        }
        return found;
    }

    private static int lines(Path source) {
        try {
            return Files.readAllLines(source).size();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@return the module that a class belongs to: the second part of its name; empty for foreign classes} */
    private static String module(JavaClass type) {
        String name = type.getPackageName() + ".";
        return name.startsWith(ROOT) && name.length() > ROOT.length()
                ? name.substring(ROOT.length(), name.indexOf('.', ROOT.length()))
                : "";
    }

    private static ConditionEvent violated(JavaClass item, String message) {
        return SimpleConditionEvent.violated(item, message);
    }
}
