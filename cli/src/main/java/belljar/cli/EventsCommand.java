package belljar.cli;

import belljar.engine.Event;
import belljar.engine.EventReader;
import belljar.engine.Events;
import belljar.json.JsonObject;
import belljar.json.JsonWriter;
import belljar.log.LogReader;
import belljar.log.LogTime;
import belljar.log.TimeBound;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Map;

/** {@code belljar events}. */
final class EventsCommand implements Command {
    private static final long SECOND = 1_000_000_000L;
    /** As Go writes a time for people, and so Podman. */
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSSSSSSSS xx zzz", Locale.ROOT);

    @Override
    public String name() {
        return "events";
    }

    @Override
    public String usage() {
        return "";
    }

    @Override
    public String summary() {
        return "show what happens to containers, images and other things";
    }

    @Override
    public OptionTable options() {
        return new OptionTable()
                .list("filter", 'f', "KEY=VALUE", "only events of a container, event, image, label, pod, type, volume")
                .value("format", "FORMAT", "json, or a template such as {{.Type}} {{.Status}} {{.Name}}")
                .value("since", "TIME", "show what happened since a time, such as 2026-11-23T14:00:00Z or 10m (ago)")
                .value("until", "TIME", "end at a time")
                .flag("stream", "wait for more (default true); false to end with what has happened")
                .flag("no-trunc", "show ids in full (default true)")
                .flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(0, 0, "no argument");
        long now = LogTime.now();
        long since = TimeBound.parse("since", arguments.value("since"), now);
        long until = TimeBound.parse("until", arguments.value("until"), now);
        boolean stream = arguments.flag("stream", true);
        boolean past = !stream || since != LogReader.UNBOUNDED || until != LogReader.UNBOUNDED;
        EventFilter filter = new EventFilter(arguments.values("filter"));
        String format = arguments.value("format");
        boolean json = format.equals("json");
        Template template = format.isEmpty() || json ? null : Template.parse(format);
        boolean full = arguments.flag("no-trunc", true);
        EventReader.read(Events.of(session.state()), since, until, past, stream, event -> {
            if (filter.fits(event)) {
                String line = json
                        ? JsonWriter.write(describe(event))
                        : template != null ? template.render(describe(event)) : line(event, full);
                session.out().println(template != null || json ? line : Text.printable(line));
                session.out().flush();
            }
            return !session.out().checkError();
        });
        return 0;
    }

    private static JsonObject describe(Event event) {
        return JsonObject.builder()
                .put("ID", event.id())
                .put("Image", event.image())
                .put("Name", event.name())
                .put("Status", event.action())
                .put("Time", LogTime.text(event.time()))
                .put("Type", event.type())
                .put("Attributes", Template.object(event.attributes()))
                .build();
    }

    /** As Podman's {@code ToHumanReadable}. */
    private static String line(Event event, boolean full) {
        Instant instant =
                Instant.ofEpochSecond(Math.floorDiv(event.time(), SECOND), Math.floorMod(event.time(), SECOND));
        String id = full || event.id().length() < 12 ? event.id() : event.id().substring(0, 12);
        StringBuilder line = new StringBuilder(TIME.format(instant.atZone(ZoneId.systemDefault())));
        line.append(' ').append(event.type()).append(' ').append(event.action());
        if (!id.isEmpty()) {
            line.append(' ').append(id);
        }
        if (!event.type().equals("container") && !event.type().equals("pod")) {
            return event.name().isEmpty()
                    ? line.toString()
                    : line.append(' ').append(event.name()).toString();
        }
        line.append(" (image=").append(event.image()).append(", name=").append(event.name());
        for (Map.Entry<String, String> attribute : event.attributes().entrySet()) {
            line.append(", ").append(attribute.getKey()).append('=').append(attribute.getValue());
        }
        return line.append(')').toString();
    }
}
