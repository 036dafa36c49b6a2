package belljar.cli;

import belljar.engine.ContainerRecord;
import belljar.engine.ContainerRecord.Status;
import belljar.engine.Endpoint;
import belljar.engine.Engine;
import belljar.engine.MountRequest;
import belljar.engine.PortRequest;
import belljar.failure.BelljarException;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What {@code ps} shows of a container, field by field. */
final class PsRow {
    /** Every field's name. */
    static final List<String> FIELDS = List.of(
            "ID",
            "Image",
            "ImageID",
            "Command",
            "Created",
            "CreatedAt",
            "CreatedHuman",
            "RunningFor",
            "StartedAt",
            "ExitedAt",
            "ExitCode",
            "Status",
            "State",
            "Ports",
            "Names",
            "Labels",
            "Mounts",
            "Networks",
            "Pod",
            "PodName",
            "Pid",
            "Restarts",
            "Size",
            "Isolation",
            "Namespaces",
            "CGROUPNS",
            "IPC",
            "MNT",
            "NET",
            "PIDNS",
            "USERNS",
            "UTS");

    private static final int SHORT_ID = 12;
    private static final int SHORT_COMMAND = 20;
    /** The last seven fields, and their links in /proc/PID/ns. */
    private static final String[] NAMESPACES = {"cgroup", "ipc", "mnt", "net", "pid", "user", "uts"};

    private final Engine engine;
    private final boolean full;
    private final long now = System.currentTimeMillis();

    /** @param full whether long values are shown in full */
    PsRow(Engine engine, boolean full) {
        this.engine = engine;
        this.full = full;
    }

    /** {@return a container's id as it is shown} */
    static String id(ContainerRecord record, boolean full) {
        return full || record.id().length() <= SHORT_ID
                ? record.id()
                : record.id().substring(0, SHORT_ID);
    }

    /**
     * {@return a container's fields}
     *
     * @param size whether to find out how much it has written, which takes time
     * @param details whether to find out what the table does not show
     */
    Map<String, String> of(ContainerRecord record, boolean size, boolean details) {
        Map<String, String> row = new LinkedHashMap<>();
        for (String field : FIELDS) {
            row.put(field, "");
        }
        row.put("ID", id(record, full));
        row.put("Image", record.image());
        row.put("Command", command(record));
        String created = Text.ago(record.created(), now);
        row.put("Created", created);
        row.put("CreatedHuman", created);
        row.put("RunningFor", created);
        row.put("Status", status(record, now));
        row.put("State", record.status().text());
        row.put("Ports", ports(record.ports()));
        row.put("Names", record.name());
        row.put(
                "Pod",
                full || record.pod().length() <= SHORT_ID
                        ? record.pod()
                        : record.pod().substring(0, SHORT_ID));
        if (!record.pod().isEmpty() && engine.pods().exists(record.pod())) {
            row.put("PodName", engine.pods().find(record.pod()).name());
        }
        row.put("Isolation", record.isolation());
        if (size) {
            row.put("Size", PsSize.text(engine, record));
        }
        if (details) {
            details(row, record);
        }
        return row;
    }

    private void details(Map<String, String> row, ContainerRecord record) {
        String image = record.imageId().startsWith("sha256:") ? record.imageId().substring(7) : record.imageId();
        row.put("ImageID", full || image.length() <= SHORT_ID ? image : image.substring(0, SHORT_ID));
        row.put("CreatedAt", time(record.created()));
        row.put("StartedAt", String.valueOf(record.started() / 1000));
        row.put("ExitedAt", String.valueOf(record.finished() / 1000));
        row.put("ExitCode", String.valueOf(record.status() == Status.EXITED ? record.exitCode() : 0));
        row.put("Labels", labels(record.labels()));
        row.put("Mounts", String.join(",", mounts(engine, record)));
        row.put("Networks", networks(record));
        row.put("Restarts", String.valueOf(record.restartCount()));
        long pid = record.lives() ? pid(record) : 0;
        row.put("Pid", String.valueOf(pid));
        for (int i = 0; i < NAMESPACES.length && pid != 0; i++) {
            row.put(FIELDS.get(FIELDS.size() - NAMESPACES.length + i), PsSize.namespace(pid, NAMESPACES[i]));
        }
    }

    private long pid(ContainerRecord record) {
        try {
            return engine.pid(record.id());
        } catch (BelljarException ended) {
            return 0;
        }
    }

    private static String time(long millis) {
        return DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS Z z")
                .format(Instant.ofEpochMilli(millis).atZone(ZoneId.systemDefault()));
    }

    private String command(ContainerRecord record) {
        String command = String.join(" ", record.command());
        return full || command.length() <= SHORT_COMMAND ? command : command.substring(0, SHORT_COMMAND - 3) + "...";
    }

    /** {@return what became of a container, in Podman's words} */
    static String status(ContainerRecord record, long now) {
        String health = record.state().health();
        String more = health.isEmpty() ? "" : " (" + health + ")";
        return switch (record.status()) {
            case CREATED -> "Created";
            case RUNNING -> "Up " + Text.span(now - record.started()) + more;
            case PAUSED -> "Paused";
            case STOPPING -> "Stopping";
            case EXITED -> {
                String code = record.exitCode() == ContainerRecord.UNKNOWN ? "unknown" : "" + record.exitCode();
                yield "Exited (" + code + ")" + (record.finished() == 0 ? "" : " " + Text.ago(record.finished(), now));
            }
        };
    }

    /** {@return published ports, such as {@code 0.0.0.0:8080->80/tcp}} */
    static String ports(List<PortRequest> ports) {
        StringBuilder text = new StringBuilder();
        for (PortRequest port : ports) {
            text.append(text.isEmpty() ? "" : ", ");
            String address = port.hostAddress().isEmpty() ? "0.0.0.0" : port.hostAddress();
            text.append(address.indexOf(':') >= 0 ? "[" + address + "]" : address)
                    .append(':');
            range(text, port.hostPort(), port.count());
            text.append("->");
            range(text, port.containerPort(), port.count());
            text.append('/').append(port.protocol());
        }
        return text.toString();
    }

    private static void range(StringBuilder text, int first, int count) {
        text.append(first);
        if (count > 1) {
            text.append('-').append(first + count - 1);
        }
    }

    private static String labels(Map<String, String> labels) {
        StringBuilder text = new StringBuilder();
        for (Map.Entry<String, String> label : new java.util.TreeMap<>(labels).entrySet()) {
            text.append(text.isEmpty() ? "" : ",")
                    .append(label.getKey())
                    .append('=')
                    .append(label.getValue());
        }
        return text.toString();
    }

    /** {@return where a container has something mounted that was asked for} */
    static List<String> mounts(Engine engine, ContainerRecord record) {
        List<String> mounts = new java.util.ArrayList<>();
        try {
            for (MountRequest mount : engine.request(record.id()).storage().mounts()) {
                mounts.add(mount.destination());
            }
        } catch (BelljarException none) {
            return List.of();
        }
        return mounts;
    }

    private static String networks(ContainerRecord record) {
        StringBuilder text = new StringBuilder();
        for (Endpoint network : record.networks()) {
            text.append(text.isEmpty() ? "" : ",").append(network.network());
        }
        return text.toString();
    }
}
