package belljar.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** An account of this machine that is made for a test and deleted with {@link #delete}; it runs Belljar as its user. */
final class OtherUser {
    /** Beyond what systemd and Belljar itself give to containers. */
    static final int FIRST_ID = 1_900_000_000;

    private static final int IDS = 65_536;

    private final String name;
    private final Path library;
    private final List<String> before;

    private OtherUser(String name, Path library, List<String> before) {
        this.name = name;
        this.library = library;
        this.before = List.copyOf(before);
    }

    /** {@return the same user, whose commands are started by others, as root} */
    OtherUser behind(List<String> words) {
        return new OtherUser(name, library, words);
    }

    record Outcome(int code, String out, String err) {}

    /**
     * Makes the account.
     *
     * @param suffix tells several accounts of one test apart
     * @param directory one that everybody may enter; the classes are copied to it
     */
    static OtherUser make(String suffix, Path directory) throws Exception {
        String name = "bjtest" + ProcessHandle.current().pid() + suffix;
        Path library = Files.createDirectories(directory.resolve("lib-" + suffix));
        int count = 0;
        for (String entry : Text.split(System.getProperty("java.class.path"), File.pathSeparatorChar)) {
            Path from = Path.of(entry);
            if (Files.isDirectory(from) && !from.endsWith("test-classes")) {
                copy(from, library.resolve("classes" + count++));
            } else if (entry.endsWith(".jar")) {
                Files.copy(from, library.resolve(count++ + ".jar"));
            }
        }
        command("chmod", "-R", "a+rX", library.toString());
        command("useradd", "-M", "-K", "SUB_UID_COUNT=0", "-K", "SUB_GID_COUNT=0", "-d", "/nonexistent", name);
        return new OtherUser(name, library, List.of());
    }

    private static void copy(Path from, Path to) throws IOException {
        try (var paths = Files.walk(from)) {
            for (Path path : paths.toList()) {
                Path target = to.resolve(from.relativize(path).toString());
                Files.copy(path, target, StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    /** Grants the ids from {@link #FIRST_ID} plus an offset on. */
    OtherUser grant(int offset) throws Exception {
        command("usermod", "-v", range(offset), "-w", range(offset), name);
        return this;
    }

    String name() {
        return name;
    }

    int uid() throws Exception {
        return id("-u");
    }

    int gid() throws Exception {
        return id("-g");
    }

    private int id(String which) throws Exception {
        Process process = new ProcessBuilder("id", which, name).start();
        return Integer.parseInt(new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip());
    }

    void revoke(int offset) throws Exception {
        command("usermod", "-V", range(offset), "-W", range(offset), name);
    }

    private static String range(int offset) {
        int first = FIRST_ID + offset;
        return first + "-" + (first + IDS - 1);
    }

    /** Makes a home directory for this user. */
    Path home(Path directory) throws Exception {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path home = Files.createDirectory(directory.resolve("home"));
        Files.createDirectory(home.resolve("run"));
        command("chown", "-R", name + ":", home.toString());
        return home;
    }

    /** {@return what Belljar did for this user} Standard input is {@code input}. */
    Outcome belljar(Path home, String input, String... args) throws Exception {
        ArrayList<String> command = new ArrayList<>(before);
        command.addAll(List.of("setpriv", "--reuid", name, "--regid", name));
        command.addAll(List.of("--init-groups", System.getProperty("java.home") + "/bin/java"));
        command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "--enable-native-access=ALL-UNNAMED"));
        command.addAll(List.of("--sun-misc-unsafe-memory-access=allow", "-cp", classPath(), "belljar.cli.Main"));
        command.addAll(List.of(args));
        Path out = Files.createTempFile("out", "");
        Path err = Files.createTempFile("err", "");
        ProcessBuilder builder = new ProcessBuilder(command).directory(new File("/"));
        Map<String, String> env = builder.environment();
        env.clear();
        env.put("HOME", home.toString());
        env.put("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        env.put("XDG_DATA_HOME", home.resolve("data").toString());
        env.put("XDG_RUNTIME_DIR", home.resolve("run").toString());
        Process process =
                builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
        try (var stdin = process.outputWriter()) {
            stdin.write(input);
        } catch (IOException closed) {
            // Whoever does not read its input may have ended before.
        }
        try {
            assertThat(process.waitFor(60, TimeUnit.SECONDS))
                    .as("the command ended")
                    .isTrue();
            return new Outcome(process.exitValue(), Files.readString(out), Files.readString(err));
        } finally {
            process.destroyForcibly();
            Files.delete(out);
            Files.delete(err);
        }
    }

    private String classPath() throws IOException {
        StringBuilder path = new StringBuilder();
        try (var entries = Files.list(library)) {
            for (Path entry : entries.toList()) {
                path.append(path.isEmpty() ? "" : ":").append(entry);
            }
        }
        return path.toString();
    }

    static void command(String... words) throws Exception {
        Process process = new ProcessBuilder(words)
                .redirectErrorStream(true)
                .redirectInput(new File("/dev/null"))
                .start();
        String said = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(String.join(" ", words) + ": " + said).isZero();
    }

    void delete() throws Exception {
        command("userdel", name);
    }
}
