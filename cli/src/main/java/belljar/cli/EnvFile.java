package belljar.cli;

import belljar.failure.UserException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Variables as {@code --env} and {@code --env-file} take them. The format of the file is Docker's: a variable a line,
 * everything after the first {@code =} is its value, {@code #} begins a comment line, nothing is quoted.
 */
final class EnvFile {
    private EnvFile() {}

    /**
     * {@return a file's variables as {@code NAME=value}}
     *
     * @param file its path
     * @param callersEnv where a name without a value is looked for
     */
    static List<String> read(String file, Map<String, String> callersEnv) {
        String text = UserFiles.read("--env-file", Path.of(file));
        List<String> env = new ArrayList<>();
        int number = 0;
        for (String raw : Text.split(text, '\n')) {
            number++;
            String line = raw.endsWith("\r") ? raw.substring(0, raw.length() - 1) : raw;
            String content = line.stripLeading();
            if (!content.isEmpty() && content.charAt(0) != '#') {
                add(env, "line " + number + " of " + file, content, callersEnv);
            }
        }
        return env;
    }

    /**
     * Adds a variable.
     *
     * @param env receives it as {@code NAME=value}, unless it has no value and the caller does not have it
     * @param where where it was written, for messages
     * @param text {@code NAME=value} or {@code NAME}
     * @param callersEnv where a name without a value is looked for
     */
    static void add(List<String> env, String where, String text, Map<String, String> callersEnv) {
        int equals = text.indexOf('=');
        String name = equals < 0 ? text : text.substring(0, equals);
        if (name.isEmpty()) {
            throw new UserException(where + ": '" + text + "' has no variable name; write NAME=value");
        }
        for (int i = 0; i < name.length(); i++) {
            if (Character.isWhitespace(name.charAt(i))) {
                throw new UserException(
                        where + ": the variable name '" + name + "' contains white space; write NAME=value");
            }
        }
        if (equals >= 0) {
            env.add(text);
            return;
        }
        if (name.indexOf('*') >= 0) {
            throw new UserException(
                    where + ": '" + name + "' is a pattern, which is not built yet; name each variable");
        }
        String value = callersEnv.get(name);
        if (value != null) {
            env.add(name + "=" + value);
        }
    }
}
