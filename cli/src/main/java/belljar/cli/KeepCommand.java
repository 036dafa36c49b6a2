package belljar.cli;

import belljar.engine.Engine;
import belljar.engine.Helper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** {@code belljar keep}: what the helper process runs. Not for people, so no help lists it. */
final class KeepCommand implements Command {
    private static final String MAIN = "belljar.cli.Main";

    @Override
    public String name() {
        return "keep";
    }

    @Override
    public String usage() {
        return "";
    }

    @Override
    public String summary() {
        return "do what containers need beside their processes";
    }

    @Override
    public OptionTable options() {
        return new OptionTable().flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(0, 0, "no argument");
        Engine engine = Engine.open(session.root(), session.state());
        engine.cleansUpBy(ThisProgram::words);
        Helper.serve(session.state(), engine.duties());
        return 0;
    }

    /**
     * Has the helper process do its duties for these directories. Where this is a program that uses Belljar as a
     * library, a thread of it does them as long as it runs.
     *
     * @param root where the networks are
     * @param state where the helper's lock is
     */
    static void ensure(Path root, Path state) {
        List<String> command = command();
        if (command.isEmpty()) {
            Thread.ofPlatform()
                    .daemon()
                    .name("belljar keep")
                    .start(() -> Helper.serve(state, Engine.open(root, state).duties()));
            return;
        }
        command.addAll(List.of("--root", root.toString(), "--state", state.toString(), "keep"));
        Helper.ensure(state, command);
    }

    /** {@return the words that started this JVM up to its main class; empty where that is not Belljar's} */
    private static List<String> command() {
        List<String> words = new ArrayList<>();
        try {
            String line = Files.readString(Path.of("/proc/self/cmdline"), StandardCharsets.ISO_8859_1);
            for (String word : Text.split(line, '\0')) {
                if (word.equals(MAIN)) {
                    words.set(0, Path.of("/proc/self/exe").toRealPath().toString());
                    words.add(1, "-Xmx64m");
                    words.add(MAIN);
                    return words;
                }
                if (!word.equals("-Xint") && !word.startsWith("-Dbelljar.interpreted")) {
                    words.add(word);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new ArrayList<>();
    }
}
