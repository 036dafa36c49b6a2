package belljar.cli;

import belljar.json.Json;
import belljar.json.JsonObject;
import belljar.json.JsonWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A list of things, each with the same named fields, in the form that {@code --format} asks for: a table, JSON, or a
 * template.
 */
final class Listing {
    private static final String GAP = "   ";

    private final List<String> fields;
    private final List<String> headings;
    private final List<Map<String, String>> rows = new ArrayList<>();
    /** What templates and JSON see of each row where that is more than the texts of its fields. */
    private final List<Optional<JsonObject>> things = new ArrayList<>();

    private final List<String> known = new ArrayList<>();

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
        things.add(Optional.empty());
    }

    /**
     * Adds a thing of which templates see more than texts.
     *
     * @param row the texts of its fields, for the table
     * @param thing what templates and JSON see beyond these fields, or in place of them
     */
    void add(Map<String, String> row, JsonObject thing) {
        JsonObject.Builder all = Template.object(row).toBuilder();
        for (Map.Entry<String, Json> member : thing.members().entrySet()) {
            all.put(member.getKey(), member.getValue());
        }
        rows.add(row);
        things.add(Optional.of(all.build()));
    }

    /**
     * Names fields that rows have beyond the columns, so that a template which names an unknown one is refused even
     * without rows.
     *
     * @param names the fields' names; may be none
     * @return this listing
     */
    Listing fields(String... names) {
        known.addAll(fields);
        known.addAll(List.of(names));
        return this;
    }

    /** {@return the table without its headings} */
    String body() {
        return table(false);
    }

    private void check(Template template) {
        if (known.isEmpty() || !rows.isEmpty()) {
            return;
        }
        for (String field : template.fields()) {
            boolean found = false;
            for (String name : known) {
                found |= name.equalsIgnoreCase(field);
            }
            if (!found) {
                throw TemplateRun.unknown(field, known);
            }
        }
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
        check(template);
        if (aligned) {
            return align(template);
        }
        StringBuilder text = new StringBuilder();
        for (JsonObject thing : things()) {
            text.append(template.render(thing)).append('\n');
        }
        return text.toString();
    }

    private List<JsonObject> things() {
        List<JsonObject> all = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++) {
            Optional<JsonObject> thing = things.get(i);
            all.add(thing.isPresent() ? thing.get() : Template.object(rows.get(i)));
        }
        return all;
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
        return JsonWriter.writeIndented(new Json.Arr(new ArrayList<>(things()))) + "\n";
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
        Map<String, String> byField = new LinkedHashMap<>();
        for (int i = 0; i < fields.size(); i++) {
            byField.put(fields.get(i), headings.get(i));
        }
        lines.add(Text.split(template.headings(byField), '\t'));
        for (JsonObject thing : things()) {
            lines.add(Text.split(template.render(thing), '\t'));
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
