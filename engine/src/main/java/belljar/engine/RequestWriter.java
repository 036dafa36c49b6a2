package belljar.engine;

import belljar.json.Json;
import belljar.json.JsonObject;
import belljar.sandbox.IdMaps;
import belljar.sandbox.Resources;
import belljar.sandbox.RlimitSpec;
import belljar.sandbox.SeccompSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Writes requests as JSON; {@link RequestReader} reads them. An empty optional value is a member that is not there. */
final class RequestWriter {
    private RequestWriter() {}

    static JsonObject write(RunRequest request) {
        return JsonObject.builder()
                .put("version", RequestFile.VERSION)
                .put("image", request.image())
                .put("pull", request.pull().name())
                .put("platform", request.platform())
                .put("name", request.name())
                .put("isolation", request.isolation())
                .put("remove", request.remove())
                .put("cidFile", request.cidFile())
                .put("quiet", request.quiet())
                .put("process", process(request.process()))
                .put("storage", storage(request.storage()))
                .put("security", security(request.security()))
                .put("namespaces", namespaces(request.namespaces()))
                .put("network", network(request.network()))
                .put("resources", resources(request.resources()))
                .put("labels", texts(request.labels()))
                .put("annotations", texts(request.annotations()))
                .put("life", life(request.life()))
                .build();
    }

    static JsonObject texts(Map<String, String> map) {
        JsonObject.Builder object = JsonObject.builder();
        for (Map.Entry<String, String> entry : map.entrySet()) {
            object.put(entry.getKey(), entry.getValue());
        }
        return object.build();
    }

    private static void put(JsonObject.Builder object, String name, OptionalLong value) {
        if (value.isPresent()) {
            object.put(name, value.getAsLong());
        }
    }

    private static void put(JsonObject.Builder object, String name, OptionalInt value) {
        if (value.isPresent()) {
            object.put(name, value.getAsInt());
        }
    }

    private static JsonObject process(ProcessRequest process) {
        JsonObject.Builder object = JsonObject.builder().put("command", process.command());
        if (process.entrypoint().isPresent()) {
            object.put("entrypoint", process.entrypoint().get());
        }
        object.put("env", process.env())
                .put("unsetEnv", process.unsetEnv())
                .put("unsetAllEnv", process.unsetAllEnv())
                .put("user", process.user())
                .put("groups", process.groups())
                .put("workdir", process.workdir())
                .put("tty", process.tty())
                .put("interactive", process.interactive())
                .put("init", process.init())
                .put("stopSignal", process.stopSignal());
        put(object, "umask", process.umask());
        put(object, "oomScoreAdj", process.oomScoreAdj());
        List<Json> limits = new ArrayList<>();
        for (RlimitSpec limit : process.rlimits()) {
            limits.add(JsonObject.builder()
                    .put("type", limit.type())
                    .put("soft", limit.soft())
                    .put("hard", limit.hard())
                    .build());
        }
        return object.put("rlimits", new Json.Arr(limits))
                .put("ownEntry", process.users().own())
                .put("userEntry", process.users().entry())
                .put("hostUsers", process.users().hostUsers())
                .put("timeout", process.timeoutSeconds())
                .build();
    }

    private static JsonObject storage(StorageRequest storage) {
        List<Json> mounts = new ArrayList<>();
        for (MountRequest mount : storage.mounts()) {
            mounts.add(mount(mount));
        }
        List<Json> devices = new ArrayList<>();
        for (DeviceRequest device : storage.devices()) {
            devices.add(JsonObject.builder()
                    .put("source", device.source())
                    .put("destination", device.destination())
                    .put("access", device.access())
                    .build());
        }
        JsonObject.Builder object = JsonObject.builder()
                .put("mounts", new Json.Arr(mounts))
                .put("devices", new Json.Arr(devices))
                .put("readonlyRoot", storage.readonlyRoot())
                .put("readonlyTmpfs", storage.readonlyTmpfs());
        put(object, "shmSize", storage.shmSize());
        return object.put("imageVolumes", storage.imageVolumes().name()).build();
    }

    private static JsonObject mount(MountRequest mount) {
        JsonObject.Builder object = JsonObject.builder();
        if (mount instanceof MountRequest.Bind bind) {
            object.put("type", "bind").put("source", bind.source());
        } else if (mount instanceof MountRequest.Volume volume) {
            object.put("type", "volume").put("source", volume.name());
        } else {
            object.put("type", "tmpfs");
        }
        return object.put("destination", mount.destination())
                .put("options", mount.options())
                .build();
    }

    private static JsonObject security(SecurityRequest security) {
        JsonObject.Builder object = JsonObject.builder()
                .put("privileged", security.privileged())
                .put("capAdd", security.capAdd())
                .put("capDrop", security.capDrop());
        if (security.seccomp().isPresent()) {
            SeccompSpec seccomp = security.seccomp().get();
            JsonObject.Builder written = JsonObject.builder();
            if (seccomp instanceof SeccompSpec.Profile profile) {
                written.put("kind", "profile").put("name", profile.name()).put("json", profile.json());
            } else {
                written.put("kind", seccomp instanceof SeccompSpec.Unconfined ? "unconfined" : "default");
            }
            object.put("seccomp", written.build());
        }
        if (security.noNewPrivileges().isPresent()) {
            object.put("noNewPrivileges", security.noNewPrivileges().get().booleanValue());
        }
        return object.put("mask", security.mask())
                .put("unmask", security.unmask())
                .put("sysctls", texts(security.sysctls()))
                .build();
    }

    private static JsonObject namespaces(NamespaceRequest namespaces) {
        return JsonObject.builder()
                .put("pid", mode(namespaces.pid()))
                .put("ipc", mode(namespaces.ipc()))
                .put("uts", mode(namespaces.uts()))
                .put("cgroup", mode(namespaces.cgroup()))
                .put("user", mode(namespaces.user()))
                .put("ids", ids(namespaces.ids()))
                .build();
    }

    private static JsonObject ids(IdChoice ids) {
        JsonObject.Builder object = JsonObject.builder();
        if (ids instanceof IdChoice.Given given) {
            object.put("kind", "given");
            object.put("uids", ranges(given.maps().uids()))
                    .put("gids", ranges(given.maps().gids()));
        } else if (ids instanceof IdChoice.KeepId keep) {
            object.put("kind", "keep-id").put("uid", keep.uid()).put("gid", keep.gid());
        } else if (ids instanceof IdChoice.Granted granted) {
            object.put("kind", "granted").put("users", granted.users()).put("groups", granted.groups());
        } else {
            object.put("kind", ids instanceof IdChoice.NoMap ? "nomap" : "default");
        }
        return object.build();
    }

    private static Json ranges(List<IdMaps.Range> ranges) {
        List<Json> items = new ArrayList<>();
        for (IdMaps.Range range : ranges) {
            items.add(JsonObject.builder()
                    .put("inside", range.inside())
                    .put("outside", range.outside())
                    .put("size", range.size())
                    .build());
        }
        return new Json.Arr(items);
    }

    private static String mode(NamespaceMode mode) {
        if (mode instanceof NamespaceMode.Path path) {
            return "ns:" + path.path();
        }
        if (mode instanceof NamespaceMode.Of of) {
            return "container:" + of.container();
        }
        if (mode instanceof NamespaceMode.Host) {
            return "host";
        }
        if (mode instanceof NamespaceMode.Private) {
            return "private";
        }
        return mode instanceof NamespaceMode.None ? "none" : "";
    }

    private static JsonObject network(NetworkRequest network) {
        List<Json> hosts = new ArrayList<>();
        for (NetworkRequest.HostEntry host : network.addHosts()) {
            hosts.add(JsonObject.builder()
                    .put("name", host.name())
                    .put("address", host.address())
                    .build());
        }
        List<Json> networks = new ArrayList<>();
        for (NetworkAttachment attachment : network.networks()) {
            networks.add(JsonObject.builder()
                    .put("network", attachment.network())
                    .put("aliases", attachment.aliases())
                    .put("addresses", attachment.addresses())
                    .put("macAddress", attachment.macAddress())
                    .put("interfaceName", attachment.interfaceName())
                    .build());
        }
        return JsonObject.builder()
                .put("mode", mode(network.mode()))
                .put("hostname", network.hostname())
                .put("addHosts", new Json.Arr(hosts))
                .put("noHosts", network.noHosts())
                .put("dns", network.dns())
                .put("dnsSearch", network.dnsSearch())
                .put("dnsOptions", network.dnsOptions())
                .put("networks", new Json.Arr(networks))
                .put("ports", ports(network.ports()))
                .put("publishAll", network.publishAll())
                .put("exposed", network.exposed())
                .build();
    }

    static Json ports(List<PortRequest> ports) {
        List<Json> items = new ArrayList<>();
        for (PortRequest port : ports) {
            items.add(JsonObject.builder()
                    .put("hostAddress", port.hostAddress())
                    .put("hostPort", port.hostPort())
                    .put("containerPort", port.containerPort())
                    .put("count", port.count())
                    .put("protocol", port.protocol())
                    .build());
        }
        return new Json.Arr(items);
    }

    private static JsonObject resources(Resources resources) {
        JsonObject.Builder object = JsonObject.builder();
        put(object, "cpuQuota", resources.cpuQuota());
        put(object, "cpuPeriod", resources.cpuPeriod());
        put(object, "cpuShares", resources.cpuShares());
        object.put("cpusetCpus", resources.cpusetCpus()).put("cpusetMems", resources.cpusetMems());
        put(object, "memory", resources.memory());
        put(object, "memorySwap", resources.memorySwap());
        put(object, "memoryReservation", resources.memoryReservation());
        put(object, "pids", resources.pids());
        put(object, "ioWeight", resources.ioWeight());
        List<Json> rules = new ArrayList<>();
        for (Resources.DeviceRule rule : resources.deviceRules()) {
            rules.add(JsonObject.builder()
                    .put("allow", rule.allow())
                    .put("type", String.valueOf(rule.type()))
                    .put("major", rule.major())
                    .put("minor", rule.minor())
                    .put("access", rule.access())
                    .build());
        }
        return object.put("deviceRules", new Json.Arr(rules)).build();
    }

    private static JsonObject life(LifeRequest life) {
        JsonObject.Builder object =
                JsonObject.builder().put("restart", life.restart().text());
        put(object, "stopTimeout", life.stopTimeoutSeconds());
        LogRequest log = life.log();
        JsonObject.Builder written =
                JsonObject.builder().put("driver", log.driver().text()).put("path", log.path());
        put(written, "maxSize", log.maxSize());
        put(written, "maxFiles", log.maxFiles());
        return object.put("log", written.build())
                .put("health", health(life.health()))
                .put("pod", life.pod())
                .put("pidFile", life.pidFile())
                .put("detachKeys", life.detachKeys())
                .build();
    }

    private static JsonObject health(HealthRequest health) {
        JsonObject.Builder object =
                JsonObject.builder().put("disabled", health.disabled()).put("test", health.test());
        put(object, "interval", health.intervalMillis());
        put(object, "timeout", health.timeoutMillis());
        put(object, "startPeriod", health.startPeriodMillis());
        put(object, "retries", health.retries());
        return object.put("onFailure", health.onFailure()).build();
    }
}
