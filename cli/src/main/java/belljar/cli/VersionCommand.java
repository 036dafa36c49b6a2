package belljar.cli;

import belljar.json.JsonObject;
import belljar.json.JsonWriter;

/** {@code belljar version}. */
final class VersionCommand implements Command {
    private static final String VERSION = "0.1.0";

    @Override
    public String name() {
        return "version";
    }

    @Override
    public String usage() {
        return "";
    }

    @Override
    public String summary() {
        return "show the version";
    }

    @Override
    public OptionTable options() {
        return new OptionTable()
                .value("format", 'f', "FORMAT", "json, or a template such as {{.Client.Version}}")
                .flag("help", 'h', "show this help");
    }

    /** {@return the version and what it runs on} */
    static JsonObject describe() {
        return JsonObject.builder()
                .put("Version", VERSION)
                .put("JavaVersion", Runtime.version().toString())
                .put("Os", "linux")
                .put("OsArch", "linux/amd64")
                .build();
    }

    @Override
    public int run(Arguments arguments, Session session) {
        String format = arguments.value("format");
        if (!format.isEmpty()) {
            // Podman's form, in which a remote server stands beside the client; there is none here.
            JsonObject both = JsonObject.builder().put("Client", describe()).build();
            boolean json = format.equals("json");
            session.out()
                    .println(
                            json
                                    ? JsonWriter.writeIndented(both)
                                    : Template.parse(format).render(both));
            return 0;
        }
        session.out()
                .print("belljar " + VERSION + " on Java " + Runtime.version().feature() + '\n');
        return 0;
    }
}
