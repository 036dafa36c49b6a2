package belljar.cli;

import belljar.image.HistoryEntry;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.Map;

/** {@code belljar history}. */
final class HistoryCommand implements Command {
    private static final int SHORT_ID = 12;
    private static final int SHORT_TEXT = 45;

    @Override
    public String name() {
        return "history";
    }

    @Override
    public String usage() {
        return "IMAGE";
    }

    @Override
    public String summary() {
        return "show how an image was made";
    }

    @Override
    public OptionTable options() {
        return new OptionTable()
                .value("format", "FORMAT", "json, or a template such as {{.ID}} {{.CreatedBy}}")
                .flag("human", 'H', "show sizes and times for people (true)")
                .flag("no-trunc", "show long values in full")
                .flag("quiet", 'q', "show ids only")
                .flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(1, 1, "an image");
        boolean full = arguments.flag("no-trunc");
        boolean human = arguments.flag("human", true);
        long now = System.currentTimeMillis();
        Listing listing = new Listing(
                "ID", "ID", "Created", "CREATED", "CreatedBy", "CREATED BY", "Size", "SIZE", "Comment", "COMMENT");
        for (HistoryEntry entry : session.images().history(arguments.operands().get(0))) {
            Map<String, String> row = new LinkedHashMap<>();
            String id = entry.id().isEmpty() ? "<missing>" : entry.id();
            row.put("ID", full ? id : cut(id, SHORT_ID));
            row.put("Created", human ? ago(entry.created(), now) : entry.created());
            row.put("CreatedAt", entry.created());
            row.put("CreatedSince", ago(entry.created(), now));
            row.put("CreatedBy", full ? entry.createdBy() : abbreviated(entry.createdBy()));
            row.put("Size", human ? Text.size(entry.size()) : Long.toString(entry.size()));
            row.put("Comment", entry.comment());
            listing.add(row);
        }
        session.out().print(arguments.flag("quiet") ? listing.only("ID") : listing.render(arguments.value("format")));
        return 0;
    }

    private static String cut(String text, int length) {
        return text.length() > length ? text.substring(0, length) : text;
    }

    private static String abbreviated(String text) {
        return text.length() > SHORT_TEXT ? text.substring(0, SHORT_TEXT - 3) + "..." : text;
    }

    private static String ago(String created, long now) {
        try {
            return created.isEmpty() ? "" : Text.ago(Instant.parse(created).toEpochMilli(), now);
        } catch (DateTimeParseException damaged) {
            return created;
        }
    }
}
