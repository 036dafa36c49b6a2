package belljar.engine;

import belljar.image.ImageConfig;
import belljar.json.Json;
import belljar.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Describes what a container's program is started with: what was asked for, joined with what the image says. */
final class ConfigInspection {
    private static final int SHORT_ID = 12;
    private static final int DEFAULT_STOP_TIMEOUT = 10;

    private ConfigInspection() {}

    static JsonObject of(ContainerRecord record, RunRequest request, Optional<ImageConfig> image) {
        ProcessRequest process = request.process();
        String asked = request.network().hostname();
        String hostname = asked.isEmpty() ? record.id().substring(0, SHORT_ID) : asked;
        String user = process.user().isEmpty() ? image.map(ImageConfig::user).orElse("") : process.user();
        // Docker's rule: a new entrypoint also drops the image's command, because that was meant for the old one.
        boolean own = process.entrypoint().isPresent() || !process.command().isEmpty();
        Optional<List<String>> entrypoint =
                process.entrypoint().or(() -> image.map(ImageConfig::entrypoint).filter(words -> !words.isEmpty()));
        Map<String, String> labels =
                new TreeMap<>(image.map(ImageConfig::labels).orElse(Map.of()));
        labels.putAll(record.labels());
        return JsonObject.builder()
                .put("Hostname", hostname)
                .put("User", user)
                .put("Tty", process.tty())
                .put("OpenStdin", process.interactive())
                .put("Env", environment(process, image, user, hostname))
                .put(
                        "Cmd",
                        own ? process.command() : image.map(ImageConfig::cmd).orElse(List.of()))
                .put("Image", record.image())
                .put("WorkingDir", workdir(process, image))
                .put("Entrypoint", entrypoint.isPresent() ? Json.ofTexts(entrypoint.get()) : Json.Null.VALUE)
                .put("Labels", ContainerInspection.texts(labels))
                .put("Annotations", ContainerInspection.texts(record.annotations()))
                .put("StopSignal", record.stopSignal())
                .put("StopTimeout", request.life().stopTimeoutSeconds().orElse(DEFAULT_STOP_TIMEOUT))
                .build();
    }

    private static String workdir(ProcessRequest process, Optional<ImageConfig> image) {
        if (!process.workdir().isEmpty()) {
            return process.workdir();
        }
        String own = image.map(ImageConfig::workingDir).orElse("");
        return own.startsWith("/") ? own : "/" + own;
    }

    /** Only root's home is known without looking into the container, so that of others is left out. */
    private static List<String> environment(
            ProcessRequest process, Optional<ImageConfig> image, String user, String hostname) {
        boolean root = user.isEmpty() || user.equals("root") || user.equals("0");
        List<String> all = new ArrayList<>(Environment.merge(
                process, image.map(ImageConfig::env).orElse(List.of()), root ? "/root" : "", hostname));
        all.remove("HOME=");
        return all;
    }
}
