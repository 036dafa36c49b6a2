package belljar.engine;

import belljar.engine.ContainerRecord.Status;
import belljar.failure.HostException;
import belljar.json.Json;
import belljar.json.JsonException;
import belljar.json.JsonObject;
import java.util.ArrayList;
import java.util.List;

/** Writes and reads the files of {@link ContainerRecord}s. What is missing in a file has its default. */
final class RecordJson {
    private RecordJson() {}

    static String write(ContainerRecord record) {
        ContainerState state = record.state();
        JsonObject.Builder object = JsonObject.builder()
                .put("id", record.id())
                .put("name", record.name())
                .put("image", record.image())
                .put("imageId", record.imageId())
                .put("isolation", record.isolation())
                .put("command", record.command())
                .put("created", record.created())
                .put("remove", record.remove())
                .put("labels", RequestWriter.texts(record.labels()))
                .put("annotations", RequestWriter.texts(record.annotations()))
                .put("stopSignal", record.stopSignal())
                .put("pod", record.pod())
                .put("restart", record.restart().text());
        if (!record.networks().isEmpty()) {
            object.put("networks", endpoints(record.networks()));
        }
        if (!record.ports().isEmpty()) {
            object.put("ports", RequestWriter.ports(record.ports()));
        }
        return object.put("status", state.status().text())
                .put("exitCode", state.exitCode())
                .put("started", state.started())
                .put("finished", state.finished())
                .put("oomKilled", state.oomKilled())
                .put("error", state.error())
                .put("restartCount", state.restartCount())
                .put("stoppedByUser", state.stoppedByUser())
                .put("health", state.health())
                .build()
                .toString();
    }

    static ContainerRecord parse(String file, String text) {
        try {
            JsonObject json = Json.parse(text).asObject();
            return new ContainerRecord(
                    json.text("id"),
                    json.text("name"),
                    json.text("image", ""),
                    json.text("imageId", ""),
                    json.text("isolation", RunRequest.DEFAULT_ISOLATION),
                    json.texts("command"),
                    json.number("created", 0),
                    json.bool("remove", false),
                    RequestReader.texts(json.object("labels")),
                    RequestReader.texts(json.object("annotations")),
                    json.text("stopSignal", ""),
                    json.text("pod", ""),
                    RestartPolicy.parse(json.text("restart", "")),
                    readEndpoints(json.list("networks")),
                    RequestReader.ports(json.list("ports")),
                    state(json));
        } catch (JsonException e) {
            throw new HostException("the record " + file + " is damaged (" + e.getMessage() + "); remove it", e);
        }
    }

    private static ContainerState state(JsonObject json) throws JsonException {
        return new ContainerState(
                status(json.text("status")),
                (int) json.number("exitCode", ContainerRecord.UNKNOWN),
                json.number("started", 0),
                json.number("finished", 0),
                json.bool("oomKilled", false),
                json.text("error", ""),
                (int) json.number("restartCount", 0),
                json.bool("stoppedByUser", false),
                json.text("health", ""));
    }

    private static Status status(String text) throws JsonException {
        for (Status status : Status.values()) {
            if (status.text().equals(text)) {
                return status;
            }
        }
        throw new JsonException("unknown status '" + text + "'");
    }

    /** {@return endpoints as JSON} */
    static Json endpoints(List<Endpoint> endpoints) {
        List<Json> items = new ArrayList<>();
        for (Endpoint endpoint : endpoints) {
            items.add(JsonObject.builder()
                    .put("network", endpoint.network())
                    .put("addresses", endpoint.addresses())
                    .put("macAddress", endpoint.macAddress())
                    .put("interfaceName", endpoint.interfaceName())
                    .put("aliases", endpoint.aliases())
                    .build());
        }
        return new Json.Arr(items);
    }

    /** {@return the note of where a running container is found} */
    static String network(List<Endpoint> endpoints, List<PortRequest> ports) {
        return JsonObject.builder()
                .put("endpoints", endpoints(endpoints))
                .put("ports", RequestWriter.ports(ports))
                .build()
                .toString();
    }

    /** {@return a container that runs, with what {@link #network} noted of it} */
    static ContainerRecord withNetwork(ContainerRecord living, String note) {
        try {
            JsonObject json = Json.parse(note).asObject();
            return living.withNetworks(readEndpoints(json.list("endpoints")), RequestReader.ports(json.list("ports")));
        } catch (JsonException e) {
            throw new HostException("the note of a container's networks is damaged: " + e.getMessage(), e);
        }
    }

    /** {@return the endpoints of what {@link #endpoints(List)} made} */
    static List<Endpoint> readEndpoints(List<Json> items) throws JsonException {
        List<Endpoint> endpoints = new ArrayList<>();
        for (Json item : items) {
            JsonObject json = item.asObject();
            endpoints.add(new Endpoint(
                    json.text("network"),
                    json.texts("addresses"),
                    json.text("macAddress", ""),
                    json.text("interfaceName", ""),
                    json.texts("aliases")));
        }
        return endpoints;
    }
}
