package belljar.architecture;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A tree of modules as Maven lays it out: what is in it, and what was compiled from it. */
record Repository(Path root) {
    /** {@return this repository; Surefire runs tests in the folder of their module} */
    static Repository current() {
        return new Repository(Path.of("..").toAbsolutePath().normalize());
    }

    /** {@return the names of the folders that hold a module with code of its own, sorted} */
    List<String> modules() {
        try (Stream<Path> folders = Files.list(root)) {
            return folders.filter(folder -> Files.exists(folder.resolve("pom.xml"))
                            && Files.isDirectory(folder.resolve("src/main/java")))
                    .map(folder -> folder.getFileName().toString())
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@return the compiled classes of all modules, without those of tests} */
    JavaClasses classes() {
        List<Path> folders = new ArrayList<>();
        for (String module : modules()) {
            Path compiled = root.resolve(module).resolve("target/classes");
            if (!Files.isDirectory(compiled)) {
                throw new AssertionError(module + " is not compiled: run mvn verify for the whole repository");
            }
            folders.add(compiled);
        }
        return new ClassFileImporter()
                .withImportOption(location -> !location.contains("/jmh_generated/"))
                .importPaths(folders);
    }

    /** {@return all Java files of all modules, those of tests too, sorted} */
    List<Path> sources() {
        List<Path> sources = new ArrayList<>();
        try (Stream<Path> folders = Files.list(root)) {
            for (Path folder : folders.map(path -> path.resolve("src")).toList()) {
                if (Files.isDirectory(folder)) {
                    try (Stream<Path> files = Files.walk(folder)) {
                        files.filter(file -> file.toString().endsWith(".java")).forEach(sources::add);
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        sources.sort(null);
        return sources;
    }
}
