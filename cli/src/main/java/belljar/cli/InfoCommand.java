package belljar.cli;

import belljar.engine.ContainerRecord;
import belljar.json.Json;
import belljar.json.JsonObject;
import belljar.json.JsonWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** {@code belljar info}. */
final class InfoCommand implements Command {
    @Override
    public String name() {
        return "info";
    }

    @Override
    public String usage() {
        return "";
    }

    @Override
    public String summary() {
        return "describe the host and what Belljar keeps on it";
    }

    @Override
    public OptionTable options() {
        return new OptionTable()
                .value("format", 'f', "FORMAT", "json, or a template such as {{.Store.GraphRoot}}")
                .flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(0, 0, "no argument");
        String format = arguments.value("format");
        JsonObject info = JsonObject.builder()
                .put("host", host())
                .put("store", store(session))
                .put("version", VersionCommand.describe())
                .build();
        if (format.isEmpty()) {
            StringBuilder yaml = new StringBuilder();
            yaml(info, 0, yaml);
            session.out().print(yaml);
        } else if (format.equals("json")) {
            session.out().println(JsonWriter.writeIndented(info));
        } else {
            session.out().println(Template.parse(format).render(info));
        }
        return 0;
    }

    private static JsonObject host() {
        boolean unified = Files.exists(Path.of("/sys/fs/cgroup/cgroup.controllers"));
        return JsonObject.builder()
                .put("arch", "amd64")
                .put("os", "linux")
                .put("kernel", read("/proc/sys/kernel/osrelease").strip())
                .put("hostname", read("/proc/sys/kernel/hostname").strip())
                .put("cpus", Runtime.getRuntime().availableProcessors())
                .put("cgroupVersion", unified ? "v2" : "v1")
                .put("networkBackend", "belljar")
                .put("memTotal", memory("MemTotal:"))
                .put("memFree", memory("MemAvailable:"))
                .put("swapTotal", memory("SwapTotal:"))
                .put("swapFree", memory("SwapFree:"))
                .build();
    }

    /** {@return a line of proc(5)'s meminfo in bytes; 0 when it is not there} */
    private static long memory(String name) {
        for (String line : Text.split(read("/proc/meminfo"), '\n')) {
            String value = line.startsWith(name) ? line.substring(name.length()).strip() : "";
            int space = value.indexOf(' ');
            if (space > 0 && Text.isDigits(value.substring(0, space))) {
                return Long.parseLong(value.substring(0, space)) * 1024;
            }
        }
        return 0;
    }

    private static String read(String file) {
        try {
            return Files.readString(Path.of(file));
        } catch (IOException hidden) {
            return "";
        }
    }

    private static JsonObject store(Session session) {
        int[] counts = new int[ContainerRecord.Status.values().length];
        List<ContainerRecord> records = session.engine().containers();
        for (ContainerRecord record : records) {
            counts[record.state().status().ordinal()]++;
        }
        int running =
                counts[ContainerRecord.Status.RUNNING.ordinal()] + counts[ContainerRecord.Status.STOPPING.ordinal()];
        int paused = counts[ContainerRecord.Status.PAUSED.ordinal()];
        return JsonObject.builder()
                .put("graphRoot", session.root().toString())
                .put("runRoot", session.state().toString())
                .put("graphDriverName", "overlay")
                .put(
                        "containerStore",
                        JsonObject.builder()
                                .put("number", records.size())
                                .put("running", running)
                                .put("paused", paused)
                                .put("stopped", records.size() - running - paused)
                                .build())
                .put(
                        "imageStore",
                        JsonObject.builder()
                                .put("number", session.images().list().size())
                                .build())
                .build();
    }

    /** Podman's form for people; the values here are objects, numbers and words. */
    private static void yaml(JsonObject object, int depth, StringBuilder to) {
        for (Map.Entry<String, Json> member : object.members().entrySet()) {
            to.append("  ".repeat(depth)).append(member.getKey()).append(':');
            if (member.getValue() instanceof JsonObject inner) {
                to.append('\n');
                yaml(inner, depth + 1, to);
            } else {
                to.append(' ')
                        .append(Text.printable(TemplateRun.show(member.getValue())))
                        .append('\n');
            }
        }
    }
}
