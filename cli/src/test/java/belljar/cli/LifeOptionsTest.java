package belljar.cli;

import static org.assertj.core.api.Assertions.assertThat;

import belljar.engine.HealthRequest;
import belljar.engine.LifeRequest;
import belljar.engine.LogRequest;
import belljar.engine.NamespaceMode;
import belljar.engine.NetworkAttachment;
import belljar.engine.NetworkRequest;
import belljar.engine.PortRequest;
import belljar.engine.RestartPolicy;
import belljar.engine.RunRequest;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

final class LifeOptionsTest {
    private static RunRequest parse(String... args) {
        return RunOptions.parse(Arguments.parse("create", RunOptions.table(), List.of(args), true), Map.of());
    }

    @Test
    void leavesEverythingAtItsDefault() {
        assertThat(parse("img")).isEqualTo(RunRequest.of("img"));
    }

    @Test
    void readsLifeOptions() {
        LifeRequest life = parse(
                        "--restart",
                        "on-failure:3",
                        "--stop-timeout=2",
                        "--pidfile",
                        "/run/x.pid",
                        "--log-driver",
                        "json-file",
                        "--log-opt",
                        "max-size=10k",
                        "--log-opt",
                        "max-file=4",
                        "--log-opt",
                        "path=/var/log/x",
                        "--detach-keys",
                        "ctrl-x",
                        "--pod",
                        "p",
                        "--health-cmd",
                        "curl localhost",
                        "--health-interval",
                        "1m30s",
                        "--health-retries",
                        "2",
                        "--health-on-failure",
                        "kill",
                        "img")
                .life();
        assertThat(life)
                .isEqualTo(new LifeRequest(
                        new RestartPolicy(RestartPolicy.When.ON_FAILURE, 3),
                        OptionalInt.of(2),
                        new LogRequest(LogRequest.Driver.JSON, "/var/log/x", OptionalLong.of(10240), OptionalInt.of(4)),
                        new HealthRequest(
                                false,
                                List.of("CMD-SHELL", "curl localhost"),
                                OptionalLong.of(90_000),
                                OptionalLong.empty(),
                                OptionalLong.empty(),
                                OptionalInt.of(2),
                                "kill"),
                        "p",
                        "/run/x.pid",
                        "ctrl-x"));
        assertThat(parse("--health-cmd", "[\"a\",\"b\"]", "img").life().health().test())
                .containsExactly("CMD", "a", "b");
        assertThat(parse("--no-healthcheck", "img").life().health().disabled()).isTrue();
    }

    @Test
    void readsNetworksAndPorts() {
        NetworkRequest network = parse(
                        "--network",
                        "front:ip=10.1.0.5,alias=a,mac=92:d0:c6:0a:29:33,interface_name=web0",
                        "--network",
                        "back",
                        "--network-alias",
                        "b",
                        "-p",
                        "80",
                        "-p",
                        "127.0.0.1:8080-8081:80-81/udp",
                        "-p",
                        "[::1]:53:53",
                        "-p",
                        "10.0.0.1::9",
                        "-P",
                        "--expose",
                        "90/udp",
                        "img")
                .network();
        assertThat(network.mode()).isEqualTo(NamespaceMode.DEFAULT);
        assertThat(network.networks())
                .containsExactly(
                        new NetworkAttachment(
                                "front", List.of("b", "a"), List.of("10.1.0.5"), "92:d0:c6:0a:29:33", "web0"),
                        new NetworkAttachment("back", List.of("b"), List.of(), "", ""));
        assertThat(network.ports())
                .containsExactly(
                        new PortRequest("", 0, 80, 1, "tcp"),
                        new PortRequest("127.0.0.1", 8080, 80, 2, "udp"),
                        new PortRequest("::1", 53, 53, 1, "tcp"),
                        new PortRequest("10.0.0.1", 0, 9, 1, "tcp"));
        assertThat(network.publishAll()).isTrue();
        assertThat(network.exposed()).containsExactly("90/udp");
        assertThat(parse("--net", "a,b", "img").network().networks())
                .containsExactly(NetworkAttachment.to("a"), NetworkAttachment.to("b"));
    }
}
