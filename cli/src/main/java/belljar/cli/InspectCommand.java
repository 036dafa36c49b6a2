package belljar.cli;

import belljar.engine.ContainerInspection;
import belljar.engine.ContainerRecord;
import belljar.engine.Engine;
import belljar.failure.BelljarException;
import belljar.failure.BugException;
import belljar.failure.UserException;
import belljar.json.Json;
import belljar.json.JsonObject;
import belljar.json.JsonWriter;
import java.util.ArrayList;
import java.util.List;

/** {@code belljar inspect}: containers, and images where no container has the name. */
final class InspectCommand implements Command {
    private final String kind;

    /**
     * @param kind what is described unless {@code --type} says otherwise: {@code all}, {@code container} or
     *     {@code image}
     */
    InspectCommand(String kind) {
        this.kind = kind;
    }

    @Override
    public String name() {
        return kind.equals("all") ? "inspect" : kind + " inspect";
    }

    @Override
    public String usage() {
        return "NAME [NAME...]";
    }

    @Override
    public String summary() {
        return kind.equals("all")
                ? "describe containers or images in JSON, as Podman does"
                : "describe " + kind + "s in JSON, as Podman does";
    }

    @Override
    public OptionTable options() {
        return new OptionTable()
                .value("format", 'f', "FORMAT", "json, or a template such as {{.State.Status}}")
                .value("type", 't', "TYPE", "container, image, or all (default)")
                .flag("size", 's', "show how much containers have written")
                .flag("latest", 'l', "the container that was made last")
                .flag("help", 'h', "show this help");
    }

    @Override
    public boolean canBeHandedOver(Arguments arguments) {
        return true;
    }

    @Override
    public int run(Arguments arguments, Session session) {
        List<String> names = new ArrayList<>(arguments.operands());
        if (arguments.flag("latest")) {
            session.engine().containers().stream().limit(1).forEach(record -> names.add(record.id()));
        } else {
            arguments.expect(1, Integer.MAX_VALUE, "a container or image");
        }
        String type = arguments.has("type") ? arguments.value("type") : kind;
        if (!List.of("all", "container", "image").contains(type)) {
            throw new UserException(
                    "--type '" + type + "' is not known to inspect; there are container, image and all");
        }
        String format = arguments.value("format");
        boolean json = format.isEmpty() || format.equals("json");
        Template template = json ? null : Template.parse(format);
        List<Json> described = new ArrayList<>();
        int code = 0;
        for (String name : names) {
            try {
                Json thing = describe(type, name, arguments.flag("size"), session);
                described.add(thing);
                if (template != null) {
                    session.out().println(template.render(thing));
                }
            } catch (BugException e) {
                throw e;
            } catch (BelljarException e) {
                session.err().println("belljar: " + Text.printable(e.getMessage()));
                code = Main.FAILED;
            }
        }
        if (template == null) {
            session.out().println(JsonWriter.writeIndented(new Json.Arr(described)));
        }
        return code;
    }

    private static JsonObject sized(JsonObject container, Session session) {
        Engine engine = session.engine();
        String id = container.members().get("Id") instanceof Json.Text text ? text.value() : "";
        ContainerRecord record = engine.container(id);
        return container.toBuilder()
                .put("SizeRw", PsSize.written(engine, record))
                .build();
    }

    private static Json describe(String type, String name, boolean size, Session session) {
        if (type.equals("image")) {
            return session.images().inspect(name);
        }
        try {
            JsonObject container = ContainerInspection.describe(session.engine(), name);
            return size ? sized(container, session) : container;
        } catch (UserException none) {
            if (type.equals("container")) {
                throw none;
            }
            try {
                return session.images().inspect(name);
            } catch (UserException noImage) {
                throw new UserException(
                        "there is no container or image '" + name + "'; 'belljar ps -a' and 'belljar images' list them",
                        noImage);
            }
        }
    }
}
