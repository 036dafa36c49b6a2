package belljar.cli;

import belljar.engine.ContainerRecord;
import belljar.engine.PodRecord;
import belljar.engine.Pods;
import belljar.failure.UserException;
import belljar.json.Json;
import belljar.json.JsonObject;
import belljar.json.JsonWriter;
import belljar.log.LogTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** {@code belljar pod inspect}. */
final class PodInspectCommand implements Command {
    @Override
    public String name() {
        return "pod inspect";
    }

    @Override
    public String usage() {
        return "POD";
    }

    @Override
    public String summary() {
        return "describe a pod in JSON, as Podman does";
    }

    @Override
    public OptionTable options() {
        return new OptionTable()
                .value("format", 'f', "FORMAT", "json, or a template such as {{.State}}")
                .flag("latest", 'l', "the pod that was made last")
                .flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        Pods pods = session.engine().pods();
        PodRecord pod;
        if (arguments.flag("latest")) {
            List<PodRecord> all = pods.list();
            if (all.isEmpty()) {
                throw new UserException("there are no pods, so there is no latest one");
            }
            pod = all.get(0);
        } else {
            arguments.expect(1, 1, "a pod");
            pod = pods.find(arguments.operands().get(0));
        }
        JsonObject described = describe(pods, pod);
        String format = arguments.value("format");
        boolean json = format.isEmpty() || format.equals("json");
        session.out()
                .println(
                        json
                                ? JsonWriter.writeIndented(described)
                                : Template.parse(format).render(described));
        return 0;
    }

    private static JsonObject describe(Pods pods, PodRecord pod) {
        List<ContainerRecord> containers = pods.containers(pod);
        List<Json> members = new ArrayList<>();
        for (ContainerRecord record : containers) {
            members.add(JsonObject.builder()
                    .put("Id", record.id())
                    .put("Name", record.name())
                    .put("State", record.status().text())
                    .build());
        }
        JsonObject.Builder labels = JsonObject.builder();
        for (Map.Entry<String, String> label : new java.util.TreeMap<>(pod.labels()).entrySet()) {
            labels.put(label.getKey(), label.getValue());
        }
        boolean infra = !containers.isEmpty() && pods.isInfra(containers.get(0));
        return JsonObject.builder()
                .put("Id", pod.id())
                .put("Name", pod.name())
                .put("Created", LogTime.text(pod.created() * 1_000_000))
                .put("ExitPolicy", pod.stopWithLast() ? "stop" : "continue")
                .put("State", Pods.state(containers))
                .put("Hostname", pod.hostname())
                .put("Labels", labels.build())
                .put("CreateInfra", pod.infra())
                .put("InfraContainerID", infra ? containers.get(0).id() : "")
                .put("SharedNamespaces", pod.shares())
                .put("NumContainers", containers.size())
                .put("Containers", new Json.Arr(members))
                .build();
    }
}
