package belljar.cli;

import belljar.failure.UserException;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** Searches names for regular expressions; apart from its caller, so that nobody else loads what they need. */
final class NamePattern {
    private NamePattern() {}

    /**
     * {@return whether a pattern is found in a name}
     *
     * @throws UserException if it is no pattern
     */
    static boolean finds(String pattern, String name) {
        try {
            return Pattern.compile(pattern).matcher(name).find();
        } catch (PatternSyntaxException e) {
            throw new UserException(
                    "--filter name: '" + pattern + "' is no regular expression: " + e.getDescription(), e);
        }
    }
}
