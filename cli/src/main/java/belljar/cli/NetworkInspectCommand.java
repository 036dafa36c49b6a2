package belljar.cli;

import belljar.json.Json;
import belljar.json.JsonObject;
import belljar.json.JsonWriter;
import belljar.network.Attachment;
import belljar.network.Network;
import java.util.ArrayList;
import java.util.List;

/** {@code belljar network inspect}. */
final class NetworkInspectCommand implements Command {
    @Override
    public String name() {
        return "network inspect";
    }

    @Override
    public String usage() {
        return "NETWORK [NETWORK...]";
    }

    @Override
    public String summary() {
        return "describe networks and who is in them in JSON";
    }

    @Override
    public OptionTable options() {
        return new OptionTable()
                .value("format", 'f', "FORMAT", "json, or a template such as {{.subnets}}")
                .flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(1, Integer.MAX_VALUE, "a network");
        List<Json> described = new ArrayList<>();
        for (String name : arguments.operands()) {
            Network network = session.networks().find(name);
            JsonObject.Builder containers = JsonObject.builder();
            for (Attachment attachment : session.networks().attachments(network)) {
                if (attachment.active()) {
                    containers.put(attachment.containerId(), describe(attachment));
                }
            }
            described.add(network.toJson().toBuilder()
                    .put("containers", containers.build())
                    .build());
        }
        String format = arguments.value("format");
        if (!format.isEmpty() && !format.equals("json")) {
            Template template = Template.parse(format);
            for (Json network : described) {
                session.out().println(template.render(network));
            }
            return 0;
        }
        session.out().print(JsonWriter.writeIndented(new Json.Arr(described)) + "\n");
        return 0;
    }

    private static JsonObject describe(Attachment attachment) {
        JsonObject.Builder container = JsonObject.builder()
                .put(
                        "name",
                        attachment.names().isEmpty() ? "" : attachment.names().getFirst())
                .put("interface", attachment.interfaceName())
                .put("mac_address", attachment.mac())
                .put("aliases", attachment.names());
        if (attachment.ip().isPresent()) {
            container.put("ipv4", attachment.ip().get().toString());
        }
        if (attachment.ip6().isPresent()) {
            container.put("ipv6", attachment.ip6().get().toString());
        }
        return container.build();
    }
}
