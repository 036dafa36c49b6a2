package belljar.cli;

import belljar.json.Json;
import belljar.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A template for {@code --format}, in the language of Go's text/template as people use it with Podman and Docker:
 * fields such as <code>{{.State.Status}}</code>, pipelines, {@code range if with else end}, variables, and the
 * functions of {@link TemplateFunctions}. It works on JSON. Immutable.
 */
final class Template {
    private final String text;
    private final List<TemplateNode> nodes;

    private Template(String text, List<TemplateNode> nodes) {
        this.text = text;
        this.nodes = nodes;
    }

    /**
     * {@return a template}
     *
     * @param text its text, in which {@code \t} and {@code \n} stand for what they do in Go
     * @throws belljar.failure.UserException if it is none
     */
    static Template parse(String text) {
        return new Template(text, new TemplateParser(text).parse());
    }

    /**
     * {@return the text for one thing}
     *
     * @param thing its fields
     * @throws belljar.failure.UserException if the template names one that it does not have
     */
    String render(Json thing) {
        return new TemplateRun(text, thing).render(nodes);
    }

    /** {@return the fields of the thing itself that the template names, outside of {@code range} and {@code with}} */
    List<String> fields() {
        List<String> fields = new ArrayList<>();
        for (TemplateNode node : nodes) {
            if (node instanceof TemplateNode.Action action) {
                addFields(action.pipe(), fields);
            } else if (node instanceof TemplateNode.If condition) {
                addFields(condition.pipe(), fields);
            } else if (node instanceof TemplateNode.Range range) {
                addFields(range.pipe(), fields);
            } else if (node instanceof TemplateNode.With with) {
                addFields(with.pipe(), fields);
            }
        }
        return fields;
    }

    private static void addFields(TemplateNode.Pipe pipe, List<String> fields) {
        for (TemplateNode.Call call : pipe.calls()) {
            for (TemplateNode.Operand operand : call.operands()) {
                if (operand instanceof TemplateNode.Field field && !field.path().isEmpty()) {
                    fields.add(field.path().get(0));
                } else if (operand instanceof TemplateNode.Group group) {
                    addFields(group.pipe(), fields);
                }
            }
        }
    }

    /**
     * {@return the text for a heading: in place of each value its name}
     *
     * @param names headings by field; a field without one is shown in capitals
     */
    String headings(Map<String, String> names) {
        StringBuilder heading = new StringBuilder();
        for (TemplateNode node : nodes) {
            if (node instanceof TemplateNode.Text plain) {
                heading.append(plain.text());
                continue;
            }
            List<String> fields = new Template(text, List.of(node)).fields();
            if (!fields.isEmpty()) {
                String last = fields.get(fields.size() - 1);
                heading.append(names.getOrDefault(last, last.toUpperCase(Locale.ROOT)));
            }
        }
        return heading.toString();
    }

    /** {@return fields that all are texts, as an object} */
    static JsonObject object(Map<String, String> fields) {
        JsonObject.Builder object = JsonObject.builder();
        for (Map.Entry<String, String> field : fields.entrySet()) {
            object.put(field.getKey(), field.getValue());
        }
        return object.build();
    }
}
