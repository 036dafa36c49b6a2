package belljar.cli;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The words of one action of a {@link Template}, what stands between its braces. */
final class TemplateTokens {
    /** A kind of word. */
    enum Kind {
        /** {@code .A.B}, or a dot alone. */
        FIELD,
        /** {@code $x.A.B}. */
        VARIABLE,
        /** A string; the text is its value. */
        STRING,
        /** A number. */
        NUMBER,
        /** A function or a keyword. */
        WORD,
        /** One of {@code | ( ) ,} and {@code :=} and {@code =}. */
        SIGN
    }

    /**
     * A word.
     *
     * @param kind its kind
     * @param text what it says
     * @param glued whether no space stands before it
     */
    record Token(Kind kind, String text, boolean glued) {}

    private final String text;
    private int at;

    private TemplateTokens(String text) {
        this.text = text;
    }

    /** {@return the words, or null where something is none} */
    static @Nullable List<Token> of(String action) {
        return new TemplateTokens(action).all();
    }

    /** {@return where the action that starts at an index ends, before its braces; -1 when it does not} */
    static int end(String template, int from) {
        char quote = 0;
        for (int i = from; i < template.length() - 1; i++) {
            char c = template.charAt(i);
            if (quote != 0) {
                i += c == '\\' && quote == '"' ? 1 : 0;
                quote = c == quote ? 0 : quote;
            } else if (c == '"' || c == '`') {
                quote = c;
            } else if (c == '}' && template.charAt(i + 1) == '}') {
                return i;
            }
        }
        return -1;
    }

    private @Nullable List<Token> all() {
        List<Token> tokens = new ArrayList<>();
        while (true) {
            int before = at;
            while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
                at++;
            }
            if (at == text.length()) {
                return tokens;
            }
            Token token = next(at == before);
            if (token == null) {
                return null;
            }
            tokens.add(token);
        }
    }

    private @Nullable Token next(boolean glued) {
        int start = at;
        char c = text.charAt(at);
        if (c == '"' || c == '`') {
            String value = string(c);
            return value == null ? null : new Token(Kind.STRING, value, glued);
        }
        if (c == '|' || c == '(' || c == ')' || c == ',' || c == '=') {
            at++;
            return new Token(Kind.SIGN, text.substring(start, at), glued);
        }
        if (text.startsWith(":=", at)) {
            at += 2;
            return new Token(Kind.SIGN, ":=", glued);
        }
        if (c == '.' || c == '$') {
            at++;
            path();
            String path = text.substring(start, at);
            boolean good = path.length() == 1 || !path.endsWith(".") && path.indexOf("..") < 0;
            return good ? new Token(c == '.' ? Kind.FIELD : Kind.VARIABLE, path, glued) : null;
        }
        if (Character.isDigit(c) || c == '-') {
            at++;
            path();
            return new Token(Kind.NUMBER, text.substring(start, at), glued);
        }
        if (!Character.isLetter(c)) {
            return null;
        }
        while (at < text.length() && isName(text.charAt(at))) {
            at++;
        }
        return new Token(Kind.WORD, text.substring(start, at), glued);
    }

    private void path() {
        while (at < text.length() && (isName(text.charAt(at)) || text.charAt(at) == '.')) {
            at++;
        }
    }

    private static boolean isName(char c) {
        return Character.isLetterOrDigit(c) || c == '_';
    }

    private @Nullable String string(char quote) {
        StringBuilder value = new StringBuilder();
        for (at++; at < text.length(); at++) {
            char c = text.charAt(at);
            if (c == quote) {
                at++;
                return value.toString();
            }
            if (c == '\\' && quote == '"' && at + 1 < text.length()) {
                at++;
                int escape = "tnr\"\\".indexOf(text.charAt(at));
                if (escape < 0) {
                    return null;
                }
                value.append("\t\n\r\"\\".charAt(escape));
            } else {
                value.append(c);
            }
        }
        return null;
    }
}
