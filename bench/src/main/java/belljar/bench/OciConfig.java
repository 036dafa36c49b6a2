package belljar.bench;

import belljar.json.Json;
import belljar.json.JsonObject;
import belljar.sandbox.ContainerSpec;
import belljar.sandbox.MountSpec;
import belljar.sandbox.Namespaces;
import belljar.sandbox.ProcessSpec;
import belljar.sandbox.Resources;
import belljar.sandbox.RlimitSpec;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes a container's specification as the {@code config.json} of an OCI bundle, so that every runtime is asked for
 * the very same container. Holds what the benchmarks' containers use, not all that a specification can say.
 */
final class OciConfig {
    private OciConfig() {}

    /**
     * {@return the document}
     *
     * @param spec the container, whose root is one directory
     * @param seccomp the seccomp section
     */
    static JsonObject of(ContainerSpec spec, JsonObject seccomp) {
        return JsonObject.builder()
                .put("ociVersion", "1.0.2")
                .put("process", process(spec.process()))
                .put(
                        "root",
                        JsonObject.builder()
                                .put("path", spec.root().layers().getFirst())
                                .put("readonly", spec.root().readonly())
                                .build())
                .put("hostname", spec.hostname())
                .put("mounts", mounts(spec.mounts()))
                .put(
                        "linux",
                        JsonObject.builder()
                                .put("namespaces", namespaces(spec.namespaces()))
                                .put("resources", resources(spec.resources()))
                                .put("seccomp", seccomp)
                                .put("maskedPaths", spec.maskedPaths())
                                .put("readonlyPaths", spec.readonlyPaths())
                                .build())
                .build();
    }

    private static JsonObject process(ProcessSpec process) {
        List<Json> limits = new ArrayList<>();
        for (RlimitSpec limit : process.rlimits()) {
            limits.add(JsonObject.builder()
                    .put("type", limit.type())
                    .put("soft", limit.soft())
                    .put("hard", limit.hard())
                    .build());
        }
        return JsonObject.builder()
                .put("terminal", process.terminal())
                .put(
                        "user",
                        JsonObject.builder()
                                .put("uid", process.uid())
                                .put("gid", process.gid())
                                .build())
                .put("args", process.args())
                .put("env", process.env())
                .put("cwd", process.cwd())
                .put(
                        "capabilities",
                        JsonObject.builder()
                                .put("bounding", process.capabilities().bounding())
                                .put("effective", process.capabilities().effective())
                                .put("permitted", process.capabilities().permitted())
                                .build())
                .put("rlimits", new Json.Arr(limits))
                .put("noNewPrivileges", process.noNewPrivileges())
                .build();
    }

    private static Json mounts(List<MountSpec> mounts) {
        List<Json> all = new ArrayList<>();
        for (MountSpec mount : mounts) {
            all.add(JsonObject.builder()
                    .put("destination", mount.destination())
                    .put("type", mount.type())
                    .put("source", mount.source())
                    .put("options", mount.options())
                    .build());
        }
        return new Json.Arr(all);
    }

    private static Json namespaces(Namespaces namespaces) {
        List<Json> all = new ArrayList<>();
        all.add(JsonObject.builder().put("type", "mount").build());
        add(all, "pid", namespaces.pid());
        add(all, "ipc", namespaces.ipc());
        add(all, "uts", namespaces.uts());
        add(all, "network", namespaces.network());
        add(all, "user", namespaces.user());
        add(all, "cgroup", namespaces.cgroup());
        return new Json.Arr(all);
    }

    private static void add(List<Json> all, String type, Namespaces.Origin origin) {
        if (origin instanceof Namespaces.Private) {
            all.add(JsonObject.builder().put("type", type).build());
        }
    }

    private static JsonObject resources(Resources resources) {
        List<Json> rules = new ArrayList<>();
        for (Resources.DeviceRule rule : resources.deviceRules()) {
            JsonObject.Builder to = JsonObject.builder()
                    .put("allow", rule.allow())
                    .put("type", String.valueOf(rule.type()))
                    .put("access", rule.access());
            if (rule.major() >= 0) {
                to.put("major", rule.major());
            }
            if (rule.minor() >= 0) {
                to.put("minor", rule.minor());
            }
            rules.add(to.build());
        }
        JsonObject.Builder to = JsonObject.builder().put("devices", new Json.Arr(rules));
        resources
                .memory()
                .ifPresent(limit -> to.put(
                        "memory", JsonObject.builder().put("limit", limit).build()));
        resources
                .pids()
                .ifPresent(limit ->
                        to.put("pids", JsonObject.builder().put("limit", limit).build()));
        resources
                .cpuShares()
                .ifPresent(shares ->
                        to.put("cpu", JsonObject.builder().put("shares", shares).build()));
        return to.build();
    }
}
