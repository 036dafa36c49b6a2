package belljar.bench;

import belljar.json.Json;
import belljar.json.JsonException;
import belljar.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Turns a seccomp profile of Docker's format into one of the OCI runtime specification, as Docker and Podman do before
 * they call a runtime: what depends on capabilities or the architecture is decided.
 */
final class OciSeccomp {
    private OciSeccomp() {}

    /**
     * {@return the profile for x86-64}
     *
     * @param profile the text of {@code seccomp.json}
     * @param capabilities the capabilities of the container's process
     * @throws JsonException if the text is no such profile
     */
    static JsonObject of(String profile, Set<String> capabilities) throws JsonException {
        JsonObject from = Json.parse(profile).asObject();
        JsonObject.Builder to = JsonObject.builder()
                .put("defaultAction", from.text("defaultAction"))
                .put("defaultErrnoRet", from.number("defaultErrnoRet", 1))
                .put("architectures", List.of("SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"));
        List<Json> rules = new ArrayList<>();
        for (Json item : from.list("syscalls")) {
            JsonObject rule = item.asObject();
            if (applies(rule, capabilities)) {
                rules.add(rule(rule));
            }
        }
        return to.put("syscalls", new Json.Arr(rules)).build();
    }

    private static boolean applies(JsonObject rule, Set<String> capabilities) throws JsonException {
        JsonObject includes = rule.object("includes");
        JsonObject excludes = rule.object("excludes");
        if (!includes.texts("arches").isEmpty() && !includes.texts("arches").contains("amd64")
                || excludes.texts("arches").contains("amd64")
                || !capabilities.containsAll(includes.texts("caps"))) {
            return false;
        }
        return excludes.texts("caps").stream().noneMatch(capabilities::contains);
    }

    private static JsonObject rule(JsonObject from) throws JsonException {
        JsonObject.Builder to =
                JsonObject.builder().put("names", from.texts("names")).put("action", from.text("action"));
        if (from.has("errnoRet")) {
            to.put("errnoRet", from.require("errnoRet"));
        }
        if (!from.list("args").isEmpty()) {
            to.put("args", new Json.Arr(from.list("args")));
        }
        return to.build();
    }
}
