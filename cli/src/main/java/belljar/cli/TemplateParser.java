package belljar.cli;

import belljar.cli.TemplateTokens.Kind;
import belljar.cli.TemplateTokens.Token;
import belljar.failure.UserException;
import belljar.json.Json;
import belljar.json.JsonException;
import java.util.ArrayList;
import java.util.List;

/** Reads a {@link Template}. For one text. */
final class TemplateParser {
    private static final int DEEPEST = 50;

    private final String original;
    private final String text;
    private int at;
    /** The action that ended a list of nodes: {@code end}, {@code else} and what follows it, or empty at the end. */
    private String closing = "";

    private String action = "";
    private List<Token> tokens = List.of();
    private int token;
    private int depth;

    TemplateParser(String original) {
        this.original = original;
        this.text = original.replace("\\t", "\t").replace("\\n", "\n");
    }

    List<TemplateNode> parse() {
        List<TemplateNode> nodes = nodes("");
        if (!closing.isEmpty()) {
            throw bad("nothing is open there");
        }
        return nodes;
    }

    /** Reads up to the action that closes the one given. */
    private List<TemplateNode> nodes(String opened) {
        if (++depth > DEEPEST) {
            throw bad("it is nested too deep");
        }
        List<TemplateNode> nodes = new ArrayList<>();
        closing = "";
        while (true) {
            int open = text.indexOf("{{", at);
            if (open < 0) {
                plain(nodes, text.substring(at), false);
                at = text.length();
                if (!opened.isEmpty()) {
                    action = opened;
                    throw bad("its {{end}} is missing");
                }
                depth--;
                return nodes;
            }
            String before = text.substring(at, open);
            boolean trims = next(open);
            plain(nodes, before, trims);
            if (action.startsWith("/*") || !node(nodes)) {
                if (closing.isEmpty()) {
                    continue;
                }
                depth--;
                return nodes;
            }
        }
    }

    private static void plain(List<TemplateNode> nodes, String plain, boolean trims) {
        String kept = trims ? plain.stripTrailing() : plain;
        if (!kept.isEmpty()) {
            nodes.add(new TemplateNode.Text(kept));
        }
    }

    /** Goes to the action that starts at an index; true when it takes the space before it away. */
    private boolean next(int open) {
        int close = TemplateTokens.end(text, open + 2);
        if (close < 0) {
            action = text.substring(open + 2);
            throw new UserException("--format '" + original + "' is not understood at '" + text.substring(open)
                    + "'; its }} is missing");
        }
        String inside = text.substring(open + 2, close);
        at = close + 2;
        boolean trims = inside.startsWith("- ");
        if (inside.endsWith(" -")) {
            while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
                at++;
            }
            inside = inside.substring(0, inside.length() - 2);
        }
        action = (trims ? inside.substring(2) : inside).strip();
        return trims;
    }

    /** Adds the node of the action at hand; false when it closes what is open. */
    private boolean node(List<TemplateNode> nodes) {
        List<Token> read = TemplateTokens.of(action);
        if (read == null || read.isEmpty()) {
            throw bad("that is no action");
        }
        tokens = read;
        token = 0;
        String word = tokens.get(0).kind() == Kind.WORD ? tokens.get(0).text() : "";
        switch (word) {
            case "end" -> {
                closing = "end";
                return false;
            }
            case "else" -> {
                closing = tokens.size() > 1 ? "else " + action.substring(4).strip() : "else";
                return false;
            }
            case "if", "with", "range" -> nodes.add(block(word));
            case "template", "define", "block", "break", "continue" -> throw bad("'" + word + "' is not built");
            default -> nodes.add(new TemplateNode.Action(whole()));
        }
        return true;
    }

    private TemplateNode block(String word) {
        String opened = action;
        token = 1;
        String key = "";
        String value = "";
        if (word.equals("range") && declares()) {
            boolean both = is(token + 1, ",");
            key = both ? tokens.get(token).text() : "";
            value = tokens.get(both ? token + 2 : token).text();
            token += both ? 4 : 2;
        }
        TemplateNode.Pipe pipe = whole();
        List<TemplateNode> body = nodes(opened);
        List<TemplateNode> otherwise = List.of();
        if (closing.startsWith("else ")) {
            // The rest is a block of its own that shares this one's end.
            action = closing.substring(5);
            List<Token> read = TemplateTokens.of(action);
            if (read == null || read.isEmpty() || !read.get(0).text().equals("if")) {
                throw bad("only 'if' may follow 'else'");
            }
            tokens = read;
            otherwise = List.of(block("if"));
        } else if (closing.equals("else")) {
            otherwise = nodes(opened);
            if (!closing.equals("end")) {
                throw bad("'else' comes twice");
            }
        }
        closing = "";
        return switch (word) {
            case "if" -> new TemplateNode.If(pipe, body, otherwise);
            case "with" -> new TemplateNode.With(pipe, body, otherwise);
            default -> new TemplateNode.Range(key, value, pipe, body, otherwise);
        };
    }

    /** Whether one or two variables and {@code :=} come next. */
    private boolean declares() {
        return isVariable(token)
                && (is(token + 1, ":=") || is(token + 1, ",") && isVariable(token + 2) && is(token + 3, ":="));
    }

    private boolean isVariable(int index) {
        return index < tokens.size() && tokens.get(index).kind() == Kind.VARIABLE;
    }

    private boolean is(int index, String sign) {
        return index < tokens.size()
                && tokens.get(index).kind() == Kind.SIGN
                && tokens.get(index).text().equals(sign);
    }

    private TemplateNode.Pipe whole() {
        TemplateNode.Pipe pipe = pipe();
        if (token < tokens.size()) {
            throw bad("'" + tokens.get(token).text() + "' does not belong there");
        }
        return pipe;
    }

    private TemplateNode.Pipe pipe() {
        if (++depth > DEEPEST) {
            throw bad("it is nested too deep");
        }
        String variable = "";
        if (isVariable(token) && (is(token + 1, ":=") || is(token + 1, "="))) {
            variable = tokens.get(token).text();
            token += 2;
        }
        List<TemplateNode.Call> calls = new ArrayList<>();
        do {
            token += calls.isEmpty() ? 0 : 1;
            List<TemplateNode.Operand> operands = new ArrayList<>();
            while (token < tokens.size() && !is(token, "|") && !is(token, ")")) {
                operands.add(operand());
            }
            if (operands.isEmpty()) {
                throw bad("a value is missing");
            }
            if (operands.size() > 1 && !(operands.get(0) instanceof TemplateNode.Function)) {
                throw bad("only a function takes arguments");
            }
            calls.add(new TemplateNode.Call(operands));
        } while (is(token, "|"));
        depth--;
        return new TemplateNode.Pipe(variable, calls);
    }

    private TemplateNode.Operand operand() {
        Token next = tokens.get(token++);
        return switch (next.kind()) {
            case FIELD -> new TemplateNode.Field(path(next.text().substring(1)));
            case VARIABLE -> variable(next.text());
            case STRING -> new TemplateNode.Literal(Json.of(next.text()));
            case NUMBER -> new TemplateNode.Literal(number(next.text()));
            case WORD -> word(next.text());
            case SIGN -> group(next.text());
        };
    }

    private static List<String> path(String dotted) {
        return dotted.isEmpty() ? List.of() : Text.split(dotted, '.');
    }

    private static TemplateNode.Operand variable(String text) {
        int dot = text.indexOf('.');
        return new TemplateNode.Variable(
                dot < 0 ? text : text.substring(0, dot), dot < 0 ? List.of() : path(text.substring(dot + 1)));
    }

    private Json number(String text) {
        try {
            return Json.parse(text);
        } catch (JsonException e) {
            throw bad("'" + text + "' is no number");
        }
    }

    private TemplateNode.Operand word(String word) {
        if (word.equals("true") || word.equals("false")) {
            return new TemplateNode.Literal(Json.of(word.equals("true")));
        }
        if (word.equals("nil")) {
            return new TemplateNode.Literal(Json.Null.VALUE);
        }
        if (!TemplateFunctions.NAMES.contains(word)) {
            throw bad("fields begin with a dot, and of functions there are "
                    + String.join(", ", TemplateFunctions.NAMES));
        }
        return new TemplateNode.Function(word);
    }

    private TemplateNode.Operand group(String sign) {
        if (!sign.equals("(")) {
            throw bad("'" + sign + "' does not belong there");
        }
        TemplateNode.Pipe pipe = pipe();
        if (!is(token, ")")) {
            throw bad("its ) is missing");
        }
        token++;
        boolean field = token < tokens.size()
                && tokens.get(token).kind() == Kind.FIELD
                && tokens.get(token).glued();
        return new TemplateNode.Group(
                pipe, field ? path(tokens.get(token++).text().substring(1)) : List.of());
    }

    private UserException bad(String why) {
        return new UserException("--format '" + original + "' is not understood at '{{" + action + "}}'; " + why);
    }
}
