package belljar.cli;

import belljar.engine.TreeChange;
import belljar.failure.UserException;
import belljar.json.JsonObject;
import belljar.json.JsonWriter;
import belljar.linux.FileName;
import java.util.ArrayList;
import java.util.List;

/** {@code belljar diff}. */
final class DiffCommand implements Command {
    @Override
    public String name() {
        return "diff";
    }

    @Override
    public String usage() {
        return "CONTAINER|IMAGE";
    }

    @Override
    public String summary() {
        return "show what a container, or an image's last layer, has changed";
    }

    @Override
    public OptionTable options() {
        return new OptionTable()
                .value("format", "FORMAT", "json for JSON")
                .flag("latest", 'l', "of the container that was made last")
                .flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        boolean latest = arguments.flag("latest");
        arguments.expect(latest ? 0 : 1, latest ? 0 : 1, "a container or an image");
        String format = arguments.value("format");
        if (!format.isEmpty() && !format.equals("json")) {
            throw new UserException("--format '" + format + "' is not known here; json is");
        }
        List<TreeChange> changes = session.engine().files().changes(ContainerOperands.one(arguments, session.engine()));
        if (format.isEmpty()) {
            for (TreeChange change : changes) {
                session.out().println(change.kind().letter() + " " + FileName.show(change.path()));
            }
            return 0;
        }
        JsonObject.Builder object = JsonObject.builder();
        for (TreeChange.Kind kind : TreeChange.Kind.values()) {
            List<String> paths = new ArrayList<>();
            for (TreeChange change : changes) {
                if (change.kind() == kind) {
                    paths.add(change.path());
                }
            }
            if (!paths.isEmpty()) {
                object.put(kind.name().toLowerCase(java.util.Locale.ROOT), paths);
            }
        }
        session.out().println(JsonWriter.writeIndented(object.build()));
        return 0;
    }
}
