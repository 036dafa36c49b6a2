package belljar.integration;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Belljar as its users have it: commands, each a process of its own, on a root and a state directory. It is started as
 * the launcher starts it, from what Maven compiled.
 *
 * @param home the directory that holds root, state and temporary files
 * @param env variables for every command
 * @param before words before the command, such as those of setpriv(1)
 * @param classPath where its classes are
 */
record Belljar(Path home, Map<String, String> env, List<String> before, String classPath) {
    private static final List<Belljar> ALL = new CopyOnWriteArrayList<>();

    /** {@return one with a store of its own, which is empty} */
    static Belljar fresh() {
        return at(Scratch.directory("belljar"));
    }

    /** {@return one on a directory} */
    static Belljar at(Path home) {
        return watched(new Belljar(home, Map.of(), List.of(), System.getProperty("java.class.path")));
    }

    /** {@return one for which the leak check looks at the directories} */
    static Belljar watched(Belljar belljar) {
        home(belljar.tmp());
        ALL.add(belljar);
        return belljar;
    }

    private static void home(Path directory) {
        try {
            Files.createDirectories(directory);
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** {@return all that there are, for the leak check} */
    static List<Belljar> all() {
        return List.copyOf(ALL);
    }

    Path root() {
        return home.resolve("root");
    }

    Path state() {
        return home.resolve("state");
    }

    Path tmp() {
        return home.resolve("tmp");
    }

    /** {@return the same with one more variable} */
    Belljar with(String name, String value) {
        Map<String, String> more = new HashMap<>(env);
        more.put(name, value);
        return new Belljar(home, more, before, classPath);
    }

    /** {@return the command line of the process that runs a command} */
    List<String> command(String... arguments) {
        List<String> all = new ArrayList<>(List.of("--root", root().toString(), "--state", state().toString()));
        all.addAll(List.of(arguments));
        return bare(all);
    }

    /** {@return the command line without the options that name the directories} */
    List<String> bare(List<String> arguments) {
        List<String> command = new ArrayList<>(before);
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-Xlog:disable",
                "-XX:+UseSerialGC",
                "-XX:-UsePerfData",
                "-XX:TieredStopAtLevel=1",
                "-XX:-MaxFDLimit",
                "-XX:+DisableAttachMechanism",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Djava.io.tmpdir=" + tmp(),
                "-cp",
                classPath,
                "belljar.cli.Main"));
        command.addAll(arguments);
        return command;
    }

    /** Starts a command. */
    Program start(String... arguments) {
        return start(command(arguments));
    }

    /** Starts a command line that was made with {@link #command} or {@link #bare}. */
    Program start(List<String> command) {
        Map<String, String> all = new HashMap<>(Map.of("TMPDIR", tmp().toString(), "JAVA_TOOL_OPTIONS", ""));
        all.putAll(env);
        return Program.start(command, all, home);
    }

    /** {@return what a command did that got nothing to read} */
    Program.Result run(String... arguments) {
        return start(arguments).end("");
    }

    /** {@return the output of a command that has to succeed} */
    String good(String... arguments) {
        return run(arguments).good();
    }
}
