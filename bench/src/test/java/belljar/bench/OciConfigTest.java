package belljar.bench;

import static org.assertj.core.api.Assertions.assertThat;

import belljar.json.Json;
import belljar.json.JsonException;
import belljar.json.JsonObject;
import belljar.sandbox.ContainerSpec;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class OciConfigTest {
    private static final ContainerSpec SPEC = new Bundle(Path.of("/bundle")).spec("any");

    @Test
    void asksForWhatTheSpecificationAsksFor() throws JsonException {
        JsonObject config = OciConfig.of(SPEC, JsonObject.EMPTY);

        JsonObject process = config.object("process");
        assertThat(process.texts("args")).isEqualTo(SPEC.process().args());
        assertThat(process.object("capabilities").texts("bounding"))
                .containsExactlyInAnyOrderElementsOf(
                        SPEC.process().capabilities().bounding());
        assertThat(process.bool("noNewPrivileges", false)).isTrue();
        assertThat(config.object("root").text("path")).isEqualTo("/bundle/rootfs");
        assertThat(config.object("root").bool("readonly", false)).isTrue();
        assertThat(config.list("mounts")).hasSize(SPEC.mounts().size());
        JsonObject resources = config.object("linux").object("resources");
        assertThat(resources.object("memory").number("limit", 0))
                .isEqualTo(SPEC.resources().memory().orElseThrow());
        assertThat(resources.object("pids").number("limit", 0))
                .isEqualTo(SPEC.resources().pids().orElseThrow());
        assertThat(resources.list("devices"))
                .hasSize(SPEC.resources().deviceRules().size());
        assertThat(config.object("linux").texts("maskedPaths")).isEqualTo(SPEC.maskedPaths());
    }

    @Test
    void namesOnlyNamespacesOfTheContainersOwn() throws JsonException {
        JsonObject linux = OciConfig.of(SPEC, JsonObject.EMPTY).object("linux");
        assertThat(linux.list("namespaces").stream().map(Json::toString).toList())
                .contains("{\"type\":\"mount\"}", "{\"type\":\"pid\"}", "{\"type\":\"network\"}")
                .doesNotContain("{\"type\":\"user\"}");
    }

    @Test
    void leavesOutDeviceNumbersThatMeanAny() throws JsonException {
        JsonObject linux = OciConfig.of(SPEC, JsonObject.EMPTY).object("linux");
        JsonObject denial = linux.object("resources").list("devices").getFirst().asObject();
        assertThat(denial.bool("allow", true)).isFalse();
        assertThat(denial.has("major")).isFalse();
    }

    @Test
    void decidesWhatDependsOnCapabilitiesAndArchitecture() throws JsonException {
        String profile = """
                {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38, "syscalls": [
                  {"names": ["read"], "action": "SCMP_ACT_ALLOW", "args": [], "includes": {}, "excludes": {}},
                  {"names": ["chroot"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_CHROOT"]}},
                  {"names": ["mount"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_ADMIN"]}},
                  {"names": ["mount"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1,
                   "excludes": {"caps": ["CAP_SYS_ADMIN"]}},
                  {"names": ["chroot"], "action": "SCMP_ACT_ERRNO", "excludes": {"caps": ["CAP_SYS_CHROOT"]}},
                  {"names": ["arch_prctl"], "action": "SCMP_ACT_ALLOW", "includes": {"arches": ["amd64", "x32"]}},
                  {"names": ["sync_file_range2"], "action": "SCMP_ACT_ALLOW", "includes": {"arches": ["arm64"]}},
                  {"names": ["personality"], "action": "SCMP_ACT_ALLOW",
                   "args": [{"index": 0, "value": 8, "valueTwo": 0, "op": "SCMP_CMP_EQ"}]}
                ]}""";

        JsonObject converted = OciSeccomp.of(profile, Set.of("CAP_SYS_CHROOT"));

        assertThat(converted.number("defaultErrnoRet", 0)).isEqualTo(38);
        List<String> rules =
                converted.list("syscalls").stream().map(Json::toString).toList();
        assertThat(rules)
                .containsExactly(
                        "{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\"}",
                        "{\"names\":[\"chroot\"],\"action\":\"SCMP_ACT_ALLOW\"}",
                        "{\"names\":[\"mount\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":1}",
                        "{\"names\":[\"arch_prctl\"],\"action\":\"SCMP_ACT_ALLOW\"}",
                        "{\"names\":[\"personality\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":0,"
                                + "\"value\":8,\"valueTwo\":0,\"op\":\"SCMP_CMP_EQ\"}]}");
    }
}
