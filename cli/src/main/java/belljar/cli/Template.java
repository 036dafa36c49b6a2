package belljar.cli;

import belljar.failure.UserException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The part of Go's templates that people use with {@code --format}: text with <code>{{.Field}}</code> in it, and
 * {@code \t} and {@code \n}.
 */
final class Template {
    /** Text at even places, the names of fields at odd ones. */
    private final List<String> parts;

    private Template(List<String> parts) {
        this.parts = parts;
    }

    /**
     * {@return a template}
     *
     * @param text its text
     * @throws UserException if it has an action that is no field, or a brace without its partner
     */
    static Template parse(String text) {
        List<String> parts = new ArrayList<>();
        String unescaped = text.replace("\\t", "\t").replace("\\n", "\n");
        int at = 0;
        while (true) {
            int open = unescaped.indexOf("{{", at);
            if (open < 0) {
                parts.add(unescaped.substring(at));
                return new Template(parts);
            }
            int close = unescaped.indexOf("}}", open);
            String action =
                    close < 0 ? "" : unescaped.substring(open + 2, close).strip();
            if (!action.startsWith(".") || !isName(action)) {
                throw new UserException("--format '" + text + "' is not understood at '"
                        + unescaped.substring(open, close < 0 ? unescaped.length() : close + 2)
                        + "'; only fields such as {{.ID}} are built");
            }
            parts.add(unescaped.substring(at, open));
            parts.add(action.substring(1));
            at = close + 2;
        }
    }

    private static boolean isName(String action) {
        for (int i = 1; i < action.length(); i++) {
            if (!Character.isLetterOrDigit(action.charAt(i))) {
                return false;
            }
        }
        return action.length() > 1;
    }

    /**
     * {@return the text for one thing}
     *
     * @param fields its fields
     * @throws UserException if the template names one that it does not have
     */
    String render(Map<String, String> fields) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < parts.size(); i++) {
            if (i % 2 == 0) {
                text.append(parts.get(i));
                continue;
            }
            String value = fields.get(parts.get(i));
            if (value == null) {
                throw new UserException("--format names the unknown field '" + parts.get(i) + "'; there are "
                        + String.join(", ", fields.keySet()));
            }
            text.append(value);
        }
        return text.toString();
    }

    /** {@return the text for a heading: the fields' names} */
    String headings() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < parts.size(); i++) {
            text.append(i % 2 == 0 ? parts.get(i) : parts.get(i).toUpperCase(Locale.ROOT));
        }
        return text.toString();
    }
}
