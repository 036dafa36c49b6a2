package belljar.cli;

import belljar.failure.UserException;
import belljar.json.Json;
import belljar.json.JsonObject;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Renders a {@link Template} for one thing. */
final class TemplateRun {
    /** Members whose own members the user names, so that one which is not there is no mistake. */
    private static final Set<String> MAPS = Set.of(
            "labels",
            "annotations",
            "ports",
            "networks",
            "options",
            "driveropts",
            "volumes",
            "portbindings",
            "exposedports",
            "attributes",
            "sysctls",
            "env",
            "ipamoptions");

    private final String text;
    private final Json root;
    private final ArrayDeque<Map.Entry<String, Json>> variables = new ArrayDeque<>();
    private final StringBuilder out = new StringBuilder();

    /**
     * @param text the template's text, for messages
     * @param root what it is rendered for
     */
    TemplateRun(String text, Json root) {
        this.text = text;
        this.root = root;
    }

    String render(List<TemplateNode> nodes) {
        out.setLength(0);
        render(nodes, root);
        return out.toString();
    }

    private void render(List<TemplateNode> nodes, Json dot) {
        int known = variables.size();
        for (TemplateNode node : nodes) {
            if (node instanceof TemplateNode.Text plain) {
                out.append(plain.text());
            } else if (node instanceof TemplateNode.Action action) {
                Json value = value(action.pipe(), dot);
                if (action.pipe().variable().isEmpty()) {
                    out.append(show(value));
                }
            } else if (node instanceof TemplateNode.If condition) {
                boolean holds = TemplateFunctions.isTrue(value(condition.pipe(), dot));
                render(holds ? condition.body() : condition.otherwise(), dot);
            } else if (node instanceof TemplateNode.With with) {
                Json value = value(with.pipe(), dot);
                boolean holds = TemplateFunctions.isTrue(value);
                render(holds ? with.body() : with.otherwise(), holds ? value : dot);
            } else if (node instanceof TemplateNode.Range range) {
                range(range, dot);
            }
        }
        while (variables.size() > known) {
            variables.pop();
        }
    }

    private void range(TemplateNode.Range range, Json dot) {
        Json value = value(range.pipe(), dot);
        int known = variables.size();
        List<Map.Entry<Json, Json>> items = new ArrayList<>();
        if (value instanceof Json.Arr array) {
            for (Json item : array.items()) {
                items.add(Map.entry(Json.of(items.size()), item));
            }
        } else if (value instanceof JsonObject object) {
            // Go goes through maps in the order of their keys.
            for (Map.Entry<String, Json> member : new TreeMap<>(object.members()).entrySet()) {
                items.add(Map.entry(Json.of(member.getKey()), member.getValue()));
            }
        } else if (!(value instanceof Json.Null)) {
            throw new UserException("--format '" + text + "' has a range over '" + show(value)
                    + "', which is neither a list nor a map");
        }
        for (Map.Entry<Json, Json> item : items) {
            declare(range.key(), item.getKey());
            declare(range.value(), item.getValue());
            render(range.body(), item.getValue());
            while (variables.size() > known) {
                variables.pop();
            }
        }
        if (items.isEmpty()) {
            render(range.otherwise(), dot);
        }
    }

    private void declare(String name, Json value) {
        if (!name.isEmpty()) {
            variables.push(Map.entry(name, value));
        }
    }

    private Json value(TemplateNode.Pipe pipe, Json dot) {
        Json last = Json.Null.VALUE;
        boolean first = true;
        for (TemplateNode.Call call : pipe.calls()) {
            List<Json> arguments = new ArrayList<>();
            String function = "";
            for (TemplateNode.Operand operand : call.operands()) {
                if (operand instanceof TemplateNode.Function named && function.isEmpty() && arguments.isEmpty()) {
                    function = named.name();
                } else {
                    arguments.add(value(operand, dot));
                }
            }
            if (!first) {
                arguments.add(last);
            }
            if (function.isEmpty()) {
                if (arguments.size() > 1) {
                    throw new UserException("--format '" + text + "' passes a value on to what is no function");
                }
                last = arguments.get(0);
            } else {
                last = TemplateFunctions.call(text, function, arguments);
            }
            first = false;
        }
        declare(pipe.variable(), last);
        return last;
    }

    private Json value(TemplateNode.Operand operand, Json dot) {
        if (operand instanceof TemplateNode.Field field) {
            return walk(dot, field.path());
        }
        if (operand instanceof TemplateNode.Literal literal) {
            return literal.value();
        }
        if (operand instanceof TemplateNode.Variable variable) {
            return walk(variable(variable.name()), variable.path());
        }
        if (operand instanceof TemplateNode.Group group) {
            return walk(value(group.pipe(), dot), group.path());
        }
        return TemplateFunctions.call(text, ((TemplateNode.Function) operand).name(), List.of());
    }

    private Json variable(String name) {
        if (name.equals("$")) {
            return root;
        }
        for (Map.Entry<String, Json> variable : variables) {
            if (variable.getKey().equals(name)) {
                return variable.getValue();
            }
        }
        throw new UserException("--format '" + text + "' uses the variable " + name + ", which it does not set");
    }

    private Json walk(Json from, List<String> path) {
        Json value = from;
        String owner = "";
        for (String name : path) {
            if (value instanceof Json.Null) {
                return value;
            }
            if (!(value instanceof JsonObject object)) {
                throw new UserException("--format '" + text + "' names the field '" + name + "' of '" + show(value)
                        + "', which has none");
            }
            Json member = member(object, name);
            if (member == null) {
                if (MAPS.contains(owner.toLowerCase(Locale.ROOT))) {
                    return Json.Null.VALUE;
                }
                throw unknown(name, object.members().keySet());
            }
            value = member;
            owner = name;
        }
        return value;
    }

    static UserException unknown(String name, Iterable<String> known) {
        return new UserException(
                "--format names the unknown field '" + name + "'; there are " + String.join(", ", known));
    }

    /** Podman writes Id and ID for the same thing, depending on the command; either is understood. */
    private static @org.jspecify.annotations.Nullable Json member(JsonObject object, String name) {
        Json exact = object.get(name);
        if (exact != null) {
            return exact;
        }
        for (Map.Entry<String, Json> member : object.members().entrySet()) {
            if (member.getKey().equalsIgnoreCase(name)) {
                return member.getValue();
            }
        }
        return null;
    }

    /** {@return a value as Go prints it} */
    static String show(Json value) {
        if (value instanceof Json.Text plain) {
            return plain.value();
        }
        if (value instanceof Json.Arr array) {
            StringBuilder list = new StringBuilder("[");
            for (Json item : array.items()) {
                list.append(list.length() > 1 ? " " : "").append(show(item));
            }
            return list.append(']').toString();
        }
        if (value instanceof JsonObject object) {
            StringBuilder map = new StringBuilder("map[");
            for (Map.Entry<String, Json> member : new TreeMap<>(object.members()).entrySet()) {
                map.append(map.length() > 4 ? " " : "").append(member.getKey()).append(':');
                map.append(show(member.getValue()));
            }
            return map.append(']').toString();
        }
        return value instanceof Json.Null ? "<no value>" : value.toString();
    }
}
