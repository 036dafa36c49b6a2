package belljar.cli;

import belljar.failure.UserException;
import belljar.json.Json;
import belljar.json.JsonObject;
import belljar.json.JsonWriter;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The functions of a {@link Template}: those of Go's templates and those that Docker and Podman add. */
final class TemplateFunctions {
    /** Their names. */
    static final List<String> NAMES = List.of(
            "json",
            "index",
            "len",
            "join",
            "split",
            "upper",
            "lower",
            "title",
            "printf",
            "print",
            "println",
            "truncate",
            "pad",
            "eq",
            "ne",
            "lt",
            "le",
            "gt",
            "ge",
            "and",
            "or",
            "not");

    private final String text;
    private final String name;
    private final List<Json> arguments;

    private TemplateFunctions(String text, String name, List<Json> arguments) {
        this.text = text;
        this.name = name;
        this.arguments = arguments;
    }

    /**
     * {@return what a function gives}
     *
     * @param text the template's text, for messages
     * @param name the function's name, one of {@link #NAMES}
     * @param arguments its arguments
     * @throws UserException if there are too few of them or of the wrong kind
     */
    static Json call(String text, String name, List<Json> arguments) {
        return new TemplateFunctions(text, name, arguments).call();
    }

    private Json call() {
        return switch (name) {
            case "json" -> Json.of(JsonWriter.write(argument(0)));
            case "index" -> index();
            case "len" -> length();
            case "join" -> join();
            case "split" -> Json.ofTexts(List.of(string(0).split(java.util.regex.Pattern.quote(string(1)), -1)));
            case "upper" -> Json.of(string(0).toUpperCase(Locale.ROOT));
            case "lower" -> Json.of(string(0).toLowerCase(Locale.ROOT));
            case "title" -> title();
            case "printf" -> Json.of(printf());
            case "print", "println" -> print(name.equals("println"));
            case "truncate" ->
                Json.of(string(0)
                        .substring(0, Math.max(0, Math.min(whole(1), string(0).length()))));
            case "pad" -> pad();
            case "not" -> Json.of(!isTrue(argument(0)));
            case "and", "or" -> logic(name.equals("or"));
            case "eq", "ne" -> Json.of(equal() == name.equals("eq"));
            default -> order();
        };
    }

    /** {@return whether a value counts as true: all but false, zero, null and what is empty} */
    static boolean isTrue(Json value) {
        if (value instanceof Json.Bool bool) {
            return bool.value();
        }
        if (value instanceof Json.Num number) {
            return new BigDecimal(number.literal()).signum() != 0;
        }
        if (value instanceof Json.Text plain) {
            return !plain.value().isEmpty();
        }
        if (value instanceof Json.Arr array) {
            return !array.items().isEmpty();
        }
        return value instanceof JsonObject object && !object.members().isEmpty();
    }

    private Json argument(int index) {
        if (index >= arguments.size()) {
            throw bad("needs more arguments");
        }
        return arguments.get(index);
    }

    private String string(int index) {
        return TemplateRun.show(argument(index));
    }

    private int whole(int index) {
        String digits = string(index);
        if (!Text.isDigits(digits) || digits.length() > 9) {
            throw bad("needs a number in place of '" + digits + "'");
        }
        return Integer.parseInt(digits);
    }

    private UserException bad(String why) {
        return new UserException("--format '" + text + "': the function '" + name + "' " + why);
    }

    private Json index() {
        Json value = argument(0);
        for (int i = 1; i < arguments.size(); i++) {
            if (value instanceof JsonObject object) {
                Json member = object.get(string(i));
                // What a map of texts gives for a key that it does not have.
                value = member == null ? Json.of("") : member;
            } else if (value instanceof Json.Arr array) {
                int at = whole(i);
                if (at >= array.items().size()) {
                    throw bad("asks for item " + at + " of a list of "
                            + array.items().size());
                }
                value = array.items().get(at);
            } else {
                throw bad("looks into '" + TemplateRun.show(value) + "', which is neither a list nor a map");
            }
        }
        return value;
    }

    private Json length() {
        Json value = argument(0);
        if (value instanceof Json.Arr array) {
            return Json.of(array.items().size());
        }
        if (value instanceof JsonObject object) {
            return Json.of(object.members().size());
        }
        if (value instanceof Json.Text plain) {
            return Json.of(plain.value().getBytes(StandardCharsets.UTF_8).length);
        }
        if (value instanceof Json.Null) {
            return Json.of(0);
        }
        throw bad("cannot take '" + TemplateRun.show(value) + "'");
    }

    /** Both orders of the arguments, since a list may also come through a pipeline, as the last. */
    private Json join() {
        int list = argument(0) instanceof Json.Arr || argument(0) instanceof Json.Null ? 0 : 1;
        List<String> parts = new ArrayList<>();
        if (argument(list) instanceof Json.Arr array) {
            for (Json item : array.items()) {
                parts.add(TemplateRun.show(item));
            }
        } else if (!(argument(list) instanceof Json.Null)) {
            parts.add(string(list));
        }
        return Json.of(String.join(string(1 - list), parts));
    }

    private Json title() {
        StringBuilder title = new StringBuilder(string(0));
        for (int i = 0; i < title.length(); i++) {
            if (i == 0 || Character.isWhitespace(title.charAt(i - 1))) {
                title.setCharAt(i, Character.toTitleCase(title.charAt(i)));
            }
        }
        return Json.of(title.toString());
    }

    private Json print(boolean line) {
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < arguments.size(); i++) {
            all.append(i > 0 ? " " : "").append(string(i));
        }
        return Json.of(line ? all.append('\n').toString() : all.toString());
    }

    private Json pad() {
        return Json.of(string(0).isEmpty() ? "" : " ".repeat(whole(1)) + string(0) + " ".repeat(whole(2)));
    }

    private Json logic(boolean either) {
        Json last = argument(0);
        for (Json value : arguments) {
            last = value;
            if (isTrue(value) == either) {
                break;
            }
        }
        return last;
    }

    private boolean equal() {
        for (int i = 1; i < Math.max(2, arguments.size()); i++) {
            if (compare(argument(0), argument(i)) == 0) {
                return true;
            }
        }
        return false;
    }

    private Json order() {
        int order = compare(argument(0), argument(1));
        return Json.of(
                switch (name) {
                    case "lt" -> order < 0;
                    case "le" -> order <= 0;
                    case "gt" -> order > 0;
                    default -> order >= 0;
                });
    }

    private static int compare(Json a, Json b) {
        if (a instanceof Json.Num one && b instanceof Json.Num other) {
            return new BigDecimal(one.literal()).compareTo(new BigDecimal(other.literal()));
        }
        return TemplateRun.show(a).compareTo(TemplateRun.show(b));
    }

    /** The verbs {@code s v d t q f x} and {@code %%}, with flags, width and precision. */
    private String printf() {
        String format = string(0);
        StringBuilder all = new StringBuilder();
        int next = 1;
        for (int at = 0; at < format.length(); at++) {
            char c = format.charAt(at);
            if (c != '%') {
                all.append(c);
                continue;
            }
            int start = ++at;
            while (at < format.length() && "-+ 0123456789.#".indexOf(format.charAt(at)) >= 0) {
                at++;
            }
            char verb = at < format.length() ? format.charAt(at) : 0;
            if (verb == '%') {
                all.append('%');
            } else {
                all.append(verb(format.substring(start, at), verb, next++));
            }
        }
        return all.toString();
    }

    private String verb(String flags, char verb, int index) {
        String value = string(index);
        try {
            return switch (verb) {
                case 's', 'v', 't' -> String.format(Locale.ROOT, "%" + flags + "s", value);
                case 'q' -> String.format(Locale.ROOT, "%" + flags + "s", JsonWriter.write(Json.of(value)));
                case 'd' -> String.format(Locale.ROOT, "%" + flags + "d", new BigDecimal(value).toBigIntegerExact());
                case 'x', 'X' ->
                    String.format(Locale.ROOT, "%" + flags + verb, new BigDecimal(value).toBigIntegerExact());
                case 'f' -> String.format(Locale.ROOT, "%" + flags + "f", new BigDecimal(value));
                default -> throw bad("does not know %" + flags + verb);
            };
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw bad("cannot show '" + value + "' as %" + flags + verb);
        }
    }
}
