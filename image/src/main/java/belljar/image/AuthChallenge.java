package belljar.image;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * One challenge of a {@code WWW-Authenticate} field (RFC 9110, section 11.6.1).
 *
 * @param scheme the scheme's name in lower case, such as {@code bearer}
 * @param parameters the parameters by name in lower case
 */
record AuthChallenge(String scheme, Map<String, String> parameters) {
    /** Copies the map. */
    AuthChallenge {
        parameters = Map.copyOf(parameters);
    }

    /**
     * {@return a parameter, or the empty string where the challenge lacks it}
     *
     * @param name the name in lower case
     */
    String parameter(String name) {
        return parameters.getOrDefault(name, "");
    }

    /**
     * Reads every challenge of every field. What does not follow the grammar ends the field; the challenges before it
     * stand.
     *
     * @param fields the values of all {@code WWW-Authenticate} fields of a response
     * @return the challenges in order
     */
    static List<AuthChallenge> parse(List<String> fields) {
        List<AuthChallenge> challenges = new ArrayList<>();
        for (String field : fields) {
            new Parser(field).into(challenges);
        }
        return List.copyOf(challenges);
    }

    /** Reads one field. A comma separates challenges as well as parameters: what follows a word tells which. */
    private static final class Parser {
        private final String text;
        private int at;

        Parser(String text) {
            this.text = text;
        }

        void into(List<AuthChallenge> challenges) {
            String scheme = "";
            Map<String, String> parameters = new LinkedHashMap<>();
            while (true) {
                skip(" \t,");
                String word = token();
                if (word.isEmpty()) {
                    break;
                }
                skip(" \t");
                if (peek() != '=') {
                    add(challenges, scheme, parameters);
                    scheme = word.toLowerCase(Locale.ROOT);
                    parameters = new LinkedHashMap<>();
                    continue;
                }
                at++;
                skip(" \t");
                parameters.put(word.toLowerCase(Locale.ROOT), peek() == '"' ? quoted() : token());
            }
            add(challenges, scheme, parameters);
        }

        private static void add(List<AuthChallenge> challenges, String scheme, Map<String, String> parameters) {
            if (!scheme.isEmpty()) {
                challenges.add(new AuthChallenge(scheme, parameters));
            }
        }

        private char peek() {
            return at < text.length() ? text.charAt(at) : 0;
        }

        private void skip(String characters) {
            while (at < text.length() && characters.indexOf(text.charAt(at)) >= 0) {
                at++;
            }
        }

        /** Wider than the grammar's token: some registries leave values with colons and slashes unquoted. */
        private String token() {
            int start = at;
            while (at < text.length() && " \t,=\"".indexOf(text.charAt(at)) < 0) {
                at++;
            }
            return text.substring(start, at);
        }

        private String quoted() {
            StringBuilder value = new StringBuilder();
            at++;
            while (at < text.length() && text.charAt(at) != '"') {
                if (text.charAt(at) == '\\' && at + 1 < text.length()) {
                    at++;
                }
                value.append(text.charAt(at));
                at++;
            }
            at = Math.min(at + 1, text.length());
            return value.toString();
        }
    }
}
