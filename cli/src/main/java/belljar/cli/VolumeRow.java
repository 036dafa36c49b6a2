package belljar.cli;

import belljar.engine.Volumes;
import belljar.json.JsonObject;
import belljar.log.LogTime;
import belljar.volume.Volume;
import java.util.Map;

/** A volume as {@code volume ls} and {@code volume inspect} show it, by the names that Podman gives its fields. */
final class VolumeRow {
    private VolumeRow() {}

    static JsonObject describe(Volumes volumes, Volume volume) {
        return JsonObject.builder()
                .put("Name", volume.name())
                .put("Driver", Volume.DRIVER)
                .put("Mountpoint", volumes.directory(volume.name()).toString())
                .put("CreatedAt", LogTime.text(volume.created() * 1_000_000))
                .put("Labels", object(volume.labels()))
                .put("Scope", "local")
                .put("Options", object(volume.options()))
                .put("Anonymous", volume.anonymous())
                .put("MountCount", volumes.users(volume.name()).size())
                .put("NeedsCopyUp", !volume.filled())
                .build();
    }

    private static JsonObject object(Map<String, String> texts) {
        JsonObject.Builder object = JsonObject.builder();
        for (Map.Entry<String, String> entry : texts.entrySet()) {
            object.put(entry.getKey(), entry.getValue());
        }
        return object.build();
    }
}
