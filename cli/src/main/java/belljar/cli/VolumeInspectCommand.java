package belljar.cli;

import belljar.engine.Volumes;
import belljar.failure.UserException;
import belljar.json.Json;
import belljar.json.JsonWriter;
import java.util.ArrayList;
import java.util.List;

/** {@code belljar volume inspect}. */
final class VolumeInspectCommand implements Command {
    @Override
    public String name() {
        return "volume inspect";
    }

    @Override
    public String usage() {
        return "VOLUME [VOLUME...]";
    }

    @Override
    public String summary() {
        return "describe volumes in full";
    }

    @Override
    public OptionTable options() {
        return new OptionTable()
                .flag("all", 'a', "all volumes")
                .value("format", 'f', "TEMPLATE", "as JSON ('json') or by a template such as '{{.Mountpoint}}'")
                .flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        Volumes volumes = session.engine().volumes();
        List<Json> found = new ArrayList<>();
        int code = 0;
        for (String name : VolumeRmCommand.names(arguments, volumes)) {
            try {
                found.add(VolumeRow.describe(volumes, volumes.volume(name)));
            } catch (UserException e) {
                session.err().println("belljar: " + Text.printable(e.getMessage()));
                code = Main.FAILED;
            }
        }
        String format = arguments.value("format");
        if (format.isEmpty() || format.equals("json")) {
            session.out().println(JsonWriter.writeIndented(new Json.Arr(found)));
            return code;
        }
        Template template = Template.parse(format);
        for (Json each : found) {
            session.out().println(template.render(each));
        }
        return code;
    }
}
