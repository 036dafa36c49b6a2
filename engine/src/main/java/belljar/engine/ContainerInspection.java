package belljar.engine;

import belljar.failure.UserException;
import belljar.json.Json;
import belljar.json.JsonObject;
import belljar.log.LogTime;
import belljar.sandbox.Resources;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.TreeMap;

/** Describes a container in JSON under Podman's names ({@code podman inspect}). */
public final class ContainerInspection {
    private static final String NEVER = "0001-01-01T00:00:00Z";

    private final ContainerRecord record;
    private final RunRequest request;
    private final long pid;
    private final Path directory;
    private final JsonObject health;
    private final JsonObject config;
    private final JsonObject network;

    private ContainerInspection(
            ContainerRecord record,
            RunRequest request,
            long pid,
            Path directory,
            JsonObject health,
            JsonObject config,
            JsonObject network) {
        this.config = config;
        this.network = network;
        this.record = record;
        this.request = request;
        this.pid = pid;
        this.directory = directory;
        this.health = health;
    }

    /**
     * {@return what is known of a container}
     *
     * @param engine the engine
     * @param nameOrId the container's name, id, or the beginning of its id
     * @throws UserException if there is none
     */
    public static JsonObject describe(Engine engine, String nameOrId) {
        ContainerRecord record = engine.container(nameOrId);
        long pid = 0;
        try {
            pid = engine.pid(record.id());
        } catch (UserException notRunning) {
            pid = 0;
        }
        RunRequest request = engine.request(record.id());
        return new ContainerInspection(
                        record,
                        request,
                        pid,
                        engine.directory(record.id()),
                        engine.health(record.id()),
                        ConfigInspection.of(record, request, engine.image(record)),
                        NetworkInspection.of(record, engine.networks()))
                .describe();
    }

    private JsonObject describe() {
        List<String> command = record.command();
        return JsonObject.builder()
                .put("Id", record.id())
                .put("Created", LogTime.text(record.created() * 1_000_000))
                .put("Path", command.isEmpty() ? "" : command.get(0))
                .put("Args", command.isEmpty() ? List.<String>of() : command.subList(1, command.size()))
                .put("State", state())
                .put("Image", record.imageId())
                .put("ImageName", record.image())
                .put("Rootfs", "")
                .put("Pod", record.pod())
                .put("Name", record.name())
                .put("RestartCount", record.state().restartCount())
                .put("Driver", "overlay")
                .put("StaticDir", directory.toString())
                .put("LogPath", directory.resolve("ctr.log").toString())
                .put("Mounts", mounts())
                .put("NetworkSettings", network)
                .put("HostConfig", hostConfig())
                .put("Config", config)
                .build();
    }

    private static String moment(long millis) {
        return millis == 0 ? NEVER : LogTime.text(millis * 1_000_000);
    }

    private JsonObject state() {
        ContainerState state = record.state();
        ContainerRecord.Status status = state.status();
        JsonObject.Builder json = JsonObject.builder()
                .put("Status", status.text())
                .put("Running", status == ContainerRecord.Status.RUNNING || status == ContainerRecord.Status.STOPPING)
                .put("Paused", status == ContainerRecord.Status.PAUSED)
                .put("Restarting", false)
                .put("OOMKilled", state.oomKilled())
                .put("Dead", false)
                .put("Pid", pid)
                // Podman shows 0 until there is a code; here, too, unless the code is not known to anybody.
                .put("ExitCode", status == ContainerRecord.Status.EXITED ? state.exitCode() : 0)
                .put("Error", state.error())
                .put("StartedAt", moment(state.started()))
                .put("FinishedAt", moment(state.finished()))
                .put("StoppedByUser", state.stoppedByUser());
        return json.put("Health", health.has("State") ? Objects.requireNonNull(health.get("State")) : Json.Null.VALUE)
                .build();
    }

    private Json mounts() {
        List<Json> mounts = new ArrayList<>();
        ContainerVolumes used = ContainerVolumes.of(directory);
        List<String> covered = new ArrayList<>();
        for (MountRequest mount : request.storage().mounts()) {
            String destination = MountPaths.clean(mount.destination());
            covered.add(destination);
            JsonObject.Builder json = JsonObject.builder();
            if (mount instanceof MountRequest.Bind bind) {
                json.put("Type", "bind").put("Source", bind.source());
            } else if (mount instanceof MountRequest.Volume volume) {
                volume(json, volume.name().isEmpty() ? used.at(destination) : volume.name());
            } else {
                json.put("Type", "tmpfs").put("Source", "tmpfs");
            }
            mounts.add(mount(json, destination, mount.options()));
        }
        for (ContainerVolumes.Use use : used.uses()) {
            if (!covered.contains(use.destination())) {
                covered.add(use.destination());
                mounts.add(mount(volume(JsonObject.builder(), use.name()), use.destination(), List.of()));
            }
        }
        return new Json.Arr(mounts);
    }

    private JsonObject.Builder volume(JsonObject.Builder json, String name) {
        return json.put("Type", "volume")
                .put("Name", name)
                .put(
                        "Source",
                        Volumes.store(Volumes.beside(directory)).data(name).toString())
                .put("Driver", "local");
    }

    private static Json mount(JsonObject.Builder json, String destination, List<String> options) {
        return json.put("Destination", destination)
                .put("Mode", "")
                .put("Options", options)
                .put("RW", !options.contains("ro"))
                .put("Propagation", "")
                .build();
    }

    private JsonObject hostConfig() {
        Resources resources = request.resources();
        SecurityRequest security = request.security();
        NamespaceRequest namespaces = request.namespaces();
        List<String> binds = new ArrayList<>();
        for (MountRequest mount : request.storage().mounts()) {
            if (mount instanceof MountRequest.Bind bind) {
                binds.add(bind.source() + ":" + bind.destination()
                        + (bind.options().isEmpty() ? "" : ":" + String.join(",", bind.options())));
            }
        }
        return JsonObject.builder()
                .put("Binds", binds)
                .put("NetworkMode", mode(request.network().mode()))
                .put("PortBindings", NetworkInspection.ports(record))
                .put(
                        "RestartPolicy",
                        JsonObject.builder()
                                .put("Name", record.restart().when().text())
                                .put("MaximumRetryCount", record.restart().most())
                                .build())
                .put("AutoRemove", record.remove())
                .put("CapAdd", security.capAdd())
                .put("CapDrop", security.capDrop())
                .put("Dns", request.network().dns())
                .put("DnsOptions", request.network().dnsOptions())
                .put("DnsSearch", request.network().dnsSearch())
                .put("IpcMode", mode(namespaces.ipc()))
                .put("PidMode", mode(namespaces.pid()))
                .put("UTSMode", mode(namespaces.uts()))
                .put("UsernsMode", mode(namespaces.user()))
                .put("CgroupMode", mode(namespaces.cgroup()))
                .put("Privileged", security.privileged())
                .put("ReadonlyRootfs", request.storage().readonlyRoot())
                .put("Init", request.process().init())
                .put("Isolation", record.isolation())
                .put("Memory", orZero(resources.memory()))
                .put("MemorySwap", orZero(resources.memorySwap()))
                .put("MemoryReservation", orZero(resources.memoryReservation()))
                .put("CpuShares", orZero(resources.cpuShares()))
                .put("CpuQuota", orZero(resources.cpuQuota()))
                .put("CpuPeriod", orZero(resources.cpuPeriod()))
                .put("CpusetCpus", resources.cpusetCpus())
                .put("CpusetMems", resources.cpusetMems())
                .put("PidsLimit", orZero(resources.pids()))
                .put("ShmSize", orZero(request.storage().shmSize()))
                .build();
    }

    private static long orZero(OptionalLong value) {
        return value.orElse(0);
    }

    private static String mode(NamespaceMode mode) {
        if (mode instanceof NamespaceMode.Private) {
            return "private";
        }
        if (mode instanceof NamespaceMode.Host) {
            return "host";
        }
        if (mode instanceof NamespaceMode.None) {
            return "none";
        }
        if (mode instanceof NamespaceMode.Path path) {
            return "ns:" + path.path();
        }
        return mode instanceof NamespaceMode.Of other ? "container:" + other.container() : "default";
    }

    static JsonObject texts(Map<String, String> map) {
        JsonObject.Builder json = JsonObject.builder();
        for (Map.Entry<String, String> entry : new TreeMap<>(map).entrySet()) {
            json.put(entry.getKey(), entry.getValue());
        }
        return json.build();
    }
}
