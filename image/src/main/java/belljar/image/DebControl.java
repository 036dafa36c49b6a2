package belljar.image;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a binary package says about itself: the fields of its {@code control} file (deb-control(5)) that matter for
 * unpacking it. Immutable.
 *
 * @param name the package's name
 * @param version its version, with epoch where it has one
 * @param architecture {@code amd64} or {@code all}
 * @param replaces names of the packages whose files it may overwrite, without version limits; unmodifiable
 */
record DebControl(String name, String version, String architecture, Set<String> replaces) {
    /**
     * Reads a control file.
     *
     * @param text the file's content
     * @return what it says
     * @throws IOException if it is malformed or lacks a mandatory field
     */
    static DebControl parse(String text) throws IOException {
        Map<String, String> fields = fields(text);
        return new DebControl(
                require(fields, "package"),
                require(fields, "version"),
                require(fields, "architecture"),
                names(fields.getOrDefault("replaces", "")));
    }

    private static String require(Map<String, String> fields, String name) throws IOException {
        String value = fields.getOrDefault(name, "");
        if (value.isEmpty()) {
            throw new IOException("its control file lacks the field '" + name + "'");
        }
        return value;
    }

    /**
     * Reads one stanza of RFC 822 like fields as deb822(5) defines them; a continued value keeps its line breaks.
     *
     * @param text the stanza; what follows the first empty line is ignored
     * @return the values by field name in lower case
     * @throws IOException if a line is neither a field nor a continuation
     */
    static Map<String, String> fields(String text) throws IOException {
        Map<String, String> fields = new LinkedHashMap<>();
        String last = "";
        for (String line : text.lines().toList()) {
            if (line.isBlank()) {
                if (fields.isEmpty()) {
                    continue;
                }
                break;
            }
            char first = line.charAt(0);
            if (first == '#') {
                continue;
            }
            if (first == ' ' || first == '\t') {
                if (last.isEmpty()) {
                    throw new IOException("its control file starts with a continued line");
                }
                fields.merge(last, "\n" + line.strip(), String::concat);
                continue;
            }
            int colon = line.indexOf(':');
            if (colon <= 0) {
                throw new IOException("its control file has the line '" + brief(line) + "', which is no field");
            }
            last = line.substring(0, colon).toLowerCase(Locale.ROOT);
            if (fields.put(last, line.substring(colon + 1).strip()) != null) {
                throw new IOException("its control file has the field '" + brief(last) + "' twice");
            }
        }
        return fields;
    }

    private static Set<String> names(String relation) {
        Set<String> names = new TreeSet<>();
        for (String group : relation.split(",", -1)) {
            for (String alternative : group.split("\\|", -1)) {
                String name = alternative.strip();
                int end = 0;
                while (end < name.length() && " (:[\t\n".indexOf(name.charAt(end)) < 0) {
                    end++;
                }
                if (end > 0) {
                    names.add(name.substring(0, end));
                }
            }
        }
        return Set.copyOf(names);
    }

    private static String brief(String text) {
        return text.length() > 40 ? text.substring(0, 40) + "…" : text;
    }
}
