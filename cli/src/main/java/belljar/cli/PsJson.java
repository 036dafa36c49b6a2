package belljar.cli;

import belljar.engine.ContainerRecord;
import belljar.engine.ContainerRecord.Status;
import belljar.engine.Endpoint;
import belljar.engine.Engine;
import belljar.engine.PortRequest;
import belljar.failure.BelljarException;
import belljar.json.Json;
import belljar.json.JsonObject;
import belljar.json.JsonWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** {@code ps --format json}, with the members and types that Podman has. */
final class PsJson {
    private PsJson() {}

    static String of(List<ContainerRecord> records, Engine engine, boolean size) {
        List<Json> items = new ArrayList<>();
        long now = System.currentTimeMillis();
        for (ContainerRecord record : records) {
            items.add(one(record, engine, size, now));
        }
        return JsonWriter.writeIndented(new Json.Arr(items)) + "\n";
    }

    private static JsonObject one(ContainerRecord record, Engine engine, boolean size, long now) {
        JsonObject.Builder labels = JsonObject.builder();
        for (Map.Entry<String, String> label : new java.util.TreeMap<>(record.labels()).entrySet()) {
            labels.put(label.getKey(), label.getValue());
        }
        List<String> networks = new ArrayList<>();
        for (Endpoint network : record.networks()) {
            networks.add(network.network());
        }
        JsonObject.Builder object = JsonObject.builder()
                .put("AutoRemove", record.remove())
                .put("Command", record.command())
                .put("Created", record.created() / 1000)
                .put("CreatedAt", Text.ago(record.created(), now))
                .put("Exited", record.status() == Status.EXITED)
                .put("ExitedAt", record.finished() / 1000)
                .put("ExitCode", record.status() == Status.EXITED ? record.exitCode() : 0)
                .put("Id", record.id())
                .put("Image", record.image())
                .put(
                        "ImageID",
                        record.imageId().startsWith("sha256:")
                                ? record.imageId().substring(7)
                                : record.imageId())
                .put("IsInfra", false)
                .put("Isolation", record.isolation())
                .put("Labels", labels.build())
                .put("Mounts", PsRow.mounts(engine, record))
                .put("Names", List.of(record.name()))
                .put("Networks", networks)
                .put("Pid", pid(record, engine))
                .put("Pod", record.pod())
                .put("Ports", ports(record.ports()))
                .put("Restarts", record.restartCount())
                .put("StartedAt", record.started() / 1000)
                .put("State", record.status().text())
                .put("Status", PsRow.status(record, now));
        if (size) {
            object.put(
                    "Size",
                    JsonObject.builder()
                            .put("rwSize", PsSize.written(engine, record))
                            .build());
        }
        return object.build();
    }

    private static long pid(ContainerRecord record, Engine engine) {
        try {
            return record.lives() ? engine.pid(record.id()) : 0;
        } catch (BelljarException ended) {
            return 0;
        }
    }

    private static Json ports(List<PortRequest> ports) {
        List<Json> items = new ArrayList<>();
        for (PortRequest port : ports) {
            items.add(JsonObject.builder()
                    .put("host_ip", port.hostAddress())
                    .put("container_port", port.containerPort())
                    .put("host_port", port.hostPort())
                    .put("range", port.count())
                    .put("protocol", port.protocol())
                    .build());
        }
        return new Json.Arr(items);
    }
}
