package belljar.engine;

import belljar.json.Json;
import belljar.json.JsonException;
import belljar.json.JsonObject;
import belljar.sandbox.IdMaps;
import belljar.sandbox.Resources;
import belljar.sandbox.RlimitSpec;
import belljar.sandbox.SeccompSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Reads what {@link RequestWriter} wrote. A member that is missing has its default. */
final class RequestReader {
    private RequestReader() {}

    static RunRequest read(JsonObject json) throws JsonException {
        long version = json.number("version", 0);
        if (version > RequestFile.VERSION) {
            throw new JsonException("it was written by a newer Belljar, in version " + version);
        }
        return new RunRequest(
                json.text("image"),
                pull(json.text("pull", "")),
                json.text("platform", ""),
                json.text("name", ""),
                json.text("isolation", RunRequest.DEFAULT_ISOLATION),
                json.bool("remove", false),
                json.text("cidFile", ""),
                json.bool("quiet", false),
                Optional.empty(),
                process(json.object("process")),
                storage(json.object("storage")),
                security(json.object("security")),
                namespaces(json.object("namespaces")),
                network(json.object("network")),
                resources(json.object("resources")),
                texts(json.object("labels")),
                texts(json.object("annotations")),
                life(json.object("life")));
    }

    static Map<String, String> texts(JsonObject object) throws JsonException {
        Map<String, String> texts = new LinkedHashMap<>();
        for (Map.Entry<String, Json> member : object.members().entrySet()) {
            texts.put(member.getKey(), member.getValue().asText());
        }
        return texts;
    }

    private static OptionalLong optionalLong(JsonObject json, String name) throws JsonException {
        return json.has(name) ? OptionalLong.of(json.number(name, 0)) : OptionalLong.empty();
    }

    private static OptionalInt optionalInt(JsonObject json, String name) throws JsonException {
        return json.has(name) ? OptionalInt.of((int) json.number(name, 0)) : OptionalInt.empty();
    }

    private static RunRequest.PullPolicy pull(String text) {
        for (RunRequest.PullPolicy policy : RunRequest.PullPolicy.values()) {
            if (policy.name().equals(text)) {
                return policy;
            }
        }
        return RunRequest.PullPolicy.MISSING;
    }

    private static ProcessRequest process(JsonObject json) throws JsonException {
        List<RlimitSpec> limits = new ArrayList<>();
        for (Json item : json.list("rlimits")) {
            JsonObject limit = item.asObject();
            limits.add(new RlimitSpec(limit.text("type"), limit.number("soft", -1), limit.number("hard", -1)));
        }
        return new ProcessRequest(
                json.texts("command"),
                json.has("entrypoint") ? Optional.of(json.texts("entrypoint")) : Optional.empty(),
                json.texts("env"),
                json.texts("unsetEnv"),
                json.bool("unsetAllEnv", false),
                json.text("user", ""),
                json.texts("groups"),
                json.text("workdir", ""),
                json.bool("tty", false),
                json.bool("interactive", false),
                json.bool("init", false),
                json.text("stopSignal", ""),
                optionalInt(json, "umask"),
                optionalInt(json, "oomScoreAdj"),
                limits,
                new UserEntries(json.bool("ownEntry", true), json.text("userEntry", ""), json.texts("hostUsers")),
                (int) json.number("timeout", 0));
    }

    private static StorageRequest storage(JsonObject json) throws JsonException {
        List<MountRequest> mounts = new ArrayList<>();
        for (Json item : json.list("mounts")) {
            mounts.add(mount(item.asObject()));
        }
        List<DeviceRequest> devices = new ArrayList<>();
        for (Json item : json.list("devices")) {
            JsonObject device = item.asObject();
            devices.add(
                    new DeviceRequest(device.text("source"), device.text("destination"), device.text("access", "rwm")));
        }
        StorageRequest.ImageVolumes volumes = StorageRequest.ImageVolumes.ANONYMOUS;
        for (StorageRequest.ImageVolumes kind : StorageRequest.ImageVolumes.values()) {
            volumes = kind.name().equals(json.text("imageVolumes", "")) ? kind : volumes;
        }
        return new StorageRequest(
                mounts,
                devices,
                json.bool("readonlyRoot", false),
                json.bool("readonlyTmpfs", true),
                optionalLong(json, "shmSize"),
                volumes);
    }

    private static MountRequest mount(JsonObject json) throws JsonException {
        String destination = json.text("destination");
        List<String> options = json.texts("options");
        String type = json.text("type");
        return switch (type) {
            case "bind" -> new MountRequest.Bind(json.text("source"), destination, options);
            case "volume" -> new MountRequest.Volume(json.text("source", ""), destination, options);
            case "tmpfs" -> new MountRequest.Tmpfs(destination, options);
            default -> throw new JsonException("unknown mount type '" + type + "'");
        };
    }

    private static SecurityRequest security(JsonObject json) throws JsonException {
        return new SecurityRequest(
                json.bool("privileged", false),
                json.texts("capAdd"),
                json.texts("capDrop"),
                json.has("seccomp") ? Optional.of(seccomp(json.object("seccomp"))) : Optional.empty(),
                json.has("noNewPrivileges") ? Optional.of(json.bool("noNewPrivileges", true)) : Optional.empty(),
                json.texts("mask"),
                json.texts("unmask"),
                texts(json.object("sysctls")));
    }

    private static SeccompSpec seccomp(JsonObject json) throws JsonException {
        String kind = json.text("kind");
        return switch (kind) {
            case "default" -> new SeccompSpec.Default();
            case "unconfined" -> new SeccompSpec.Unconfined();
            case "profile" -> new SeccompSpec.Profile(json.text("name", ""), json.text("json"));
            default -> throw new JsonException("unknown kind of seccomp filter '" + kind + "'");
        };
    }

    private static NamespaceRequest namespaces(JsonObject json) throws JsonException {
        return new NamespaceRequest(
                mode(json.text("pid", "")),
                mode(json.text("ipc", "")),
                mode(json.text("uts", "")),
                mode(json.text("cgroup", "")),
                mode(json.text("user", "")),
                json.has("ids") ? ids(json.object("ids")) : IdChoice.DEFAULT);
    }

    private static IdChoice ids(JsonObject json) throws JsonException {
        String kind = json.text("kind");
        return switch (kind) {
            case "default" -> IdChoice.DEFAULT;
            case "given" -> new IdChoice.Given(new IdMaps(ranges(json.list("uids")), ranges(json.list("gids"))));
            case "keep-id" -> new IdChoice.KeepId((int) json.number("uid", -1), (int) json.number("gid", -1));
            case "nomap" -> new IdChoice.NoMap();
            case "granted" -> new IdChoice.Granted(json.text("users"), json.text("groups"));
            default -> throw new JsonException("unknown choice of ids '" + kind + "'");
        };
    }

    private static List<IdMaps.Range> ranges(List<Json> items) throws JsonException {
        List<IdMaps.Range> ranges = new ArrayList<>();
        for (Json item : items) {
            JsonObject range = item.asObject();
            ranges.add(new IdMaps.Range(
                    (int) range.number("inside", 0), (int) range.number("outside", 0), (int) range.number("size", 1)));
        }
        return ranges;
    }

    private static NamespaceMode mode(String text) throws JsonException {
        return switch (text) {
            case "" -> NamespaceMode.DEFAULT;
            case "host" -> NamespaceMode.HOST;
            case "private" -> NamespaceMode.PRIVATE;
            case "none" -> NamespaceMode.NONE;
            default -> {
                if (text.startsWith("ns:")) {
                    yield new NamespaceMode.Path(text.substring(3));
                }
                if (text.startsWith("container:")) {
                    yield new NamespaceMode.Of(text.substring(10));
                }
                throw new JsonException("unknown namespace '" + text + "'");
            }
        };
    }

    private static NetworkRequest network(JsonObject json) throws JsonException {
        List<NetworkRequest.HostEntry> hosts = new ArrayList<>();
        for (Json item : json.list("addHosts")) {
            JsonObject host = item.asObject();
            hosts.add(new NetworkRequest.HostEntry(host.text("name"), host.text("address")));
        }
        List<NetworkAttachment> networks = new ArrayList<>();
        for (Json item : json.list("networks")) {
            JsonObject network = item.asObject();
            networks.add(new NetworkAttachment(
                    network.text("network"),
                    network.texts("aliases"),
                    network.texts("addresses"),
                    network.text("macAddress", ""),
                    network.text("interfaceName", "")));
        }
        return new NetworkRequest(
                mode(json.text("mode", "")),
                json.text("hostname", ""),
                hosts,
                json.bool("noHosts", false),
                json.texts("dns"),
                json.texts("dnsSearch"),
                json.texts("dnsOptions"),
                networks,
                ports(json.list("ports")),
                json.bool("publishAll", false),
                json.texts("exposed"));
    }

    static List<PortRequest> ports(List<Json> items) throws JsonException {
        List<PortRequest> ports = new ArrayList<>();
        for (Json item : items) {
            JsonObject port = item.asObject();
            ports.add(new PortRequest(
                    port.text("hostAddress", ""),
                    (int) port.number("hostPort", 0),
                    (int) port.number("containerPort", 0),
                    (int) port.number("count", 1),
                    port.text("protocol", "tcp")));
        }
        return ports;
    }

    private static Resources resources(JsonObject json) throws JsonException {
        List<Resources.DeviceRule> rules = new ArrayList<>();
        for (Json item : json.list("deviceRules")) {
            JsonObject rule = item.asObject();
            String type = rule.text("type", "a");
            rules.add(new Resources.DeviceRule(
                    rule.bool("allow", false),
                    type.isEmpty() ? 'a' : type.charAt(0),
                    (int) rule.number("major", -1),
                    (int) rule.number("minor", -1),
                    rule.text("access", "rwm")));
        }
        return new Resources(
                optionalLong(json, "cpuQuota"),
                optionalLong(json, "cpuPeriod"),
                optionalLong(json, "cpuShares"),
                json.text("cpusetCpus", ""),
                json.text("cpusetMems", ""),
                optionalLong(json, "memory"),
                optionalLong(json, "memorySwap"),
                optionalLong(json, "memoryReservation"),
                optionalLong(json, "pids"),
                optionalInt(json, "ioWeight"),
                rules);
    }

    private static LifeRequest life(JsonObject json) throws JsonException {
        JsonObject log = json.object("log");
        LogRequest.Driver driver = LogRequest.Driver.CRI;
        for (LogRequest.Driver kind : LogRequest.Driver.values()) {
            driver = kind.text().equals(log.text("driver", "")) ? kind : driver;
        }
        return new LifeRequest(
                RestartPolicy.parse(json.text("restart", "")),
                optionalInt(json, "stopTimeout"),
                new LogRequest(
                        driver, log.text("path", ""), optionalLong(log, "maxSize"), optionalInt(log, "maxFiles")),
                health(json.object("health")),
                json.text("pod", ""),
                json.text("pidFile", ""),
                json.text("detachKeys", LifeRequest.DEFAULT_DETACH_KEYS));
    }

    private static HealthRequest health(JsonObject json) throws JsonException {
        return new HealthRequest(
                json.bool("disabled", false),
                json.texts("test"),
                optionalLong(json, "interval"),
                optionalLong(json, "timeout"),
                optionalLong(json, "startPeriod"),
                optionalInt(json, "retries"),
                json.text("onFailure", "none"));
    }
}
