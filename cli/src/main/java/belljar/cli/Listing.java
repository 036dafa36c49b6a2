package belljar.cli;

import belljar.json.Json;
import belljar.json.JsonObject;
import belljar.json.JsonWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A list of things, each with the same named fields, in the form that {@code --format} asks for: a table, JSON, or a
 * template.
 */
final class Listing {
    private static final String GAP = "   ";

    private final List<String> fields;
    private final List<String> headings;
    private final List<Map<String, String>> rows = new ArrayList<>();

    /** @param columns the table's columns, each as the name of a field and its heading */
    Listing(String... columns) {
        fields = new ArrayList<>();
        headings = new ArrayList<>();
        for (int i = 0; i < columns.length; i += 2) {
            fields.add(columns[i]);
            headings.add(columns[i + 1]);
        }
    }

    /** Adds a thing by all of its fields, which may be more than the table shows. */
    void add(Map<String, String> row) {
        rows.add(row);
    }

    /**
     * {@return the list as text}
     *
     * @param format {@code json}, a template such as <code>{{.ID}}</code>, either with {@code table } before it for
     *     aligned columns; empty for the table
     * @throws belljar.failure.UserException if the template is wrong or names an unknown field
     */
    String render(String format) {
        if (format.isEmpty() || format.equals("table")) {
            return table(true);
        }
        if (format.equals("json")) {
            return json();
        }
        boolean aligned = format.startsWith("table ");
        Template template = Template.parse(aligned ? format.substring(6) : format);
        StringBuilder text = new StringBuilder();
        if (aligned) {
            return align(template);
        }
        for (Map<String, String> row : rows) {
            text.append(template.render(row)).append('\n');
        }
        return text.toString();
    }

    /** {@return one field of each thing, a line each} */
    String only(String field) {
        StringBuilder text = new StringBuilder();
        for (Map<String, String> row : rows) {
            text.append(row.getOrDefault(field, "")).append('\n');
        }
        return text.toString();
    }

    private String json() {
        List<Json> objects = new ArrayList<>();
        for (Map<String, String> row : rows) {
            JsonObject.Builder object = JsonObject.builder();
            for (Map.Entry<String, String> field : row.entrySet()) {
                object.put(field.getKey(), field.getValue());
            }
            objects.add(object.build());
        }
        return JsonWriter.writeIndented(new Json.Arr(objects)) + "\n";
    }

    private String table(boolean withHeadings) {
        List<List<String>> lines = new ArrayList<>();
        if (withHeadings) {
            lines.add(headings);
        }
        for (Map<String, String> row : rows) {
            List<String> cells = new ArrayList<>();
            for (String field : fields) {
                cells.add(row.getOrDefault(field, ""));
            }
            lines.add(cells);
        }
        return align(lines);
    }

    private String align(Template template) {
        List<List<String>> lines = new ArrayList<>();
        List<String> names = new ArrayList<>();
        for (String cell : Text.split(template.headings(), '\t')) {
            names.add(cell);
        }
        lines.add(names);
        for (Map<String, String> row : rows) {
            lines.add(Text.split(template.render(row), '\t'));
        }
        return align(lines);
    }

    private static String align(List<List<String>> lines) {
        List<Integer> widths = new ArrayList<>();
        for (List<String> line : lines) {
            for (int i = 0; i < line.size(); i++) {
                if (widths.size() == i) {
                    widths.add(0);
                }
                widths.set(i, Math.max(widths.get(i), line.get(i).length()));
            }
        }
        StringBuilder text = new StringBuilder();
        for (List<String> line : lines) {
            for (int i = 0; i < line.size(); i++) {
                boolean last = i == line.size() - 1;
                Text.pad(text, Text.printable(line.get(i)), last ? 0 : widths.get(i));
                text.append(last ? "\n" : GAP);
            }
        }
        return text.toString();
    }
}
