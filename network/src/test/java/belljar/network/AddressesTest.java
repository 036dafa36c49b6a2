package belljar.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.UserException;
import belljar.json.Json;
import belljar.linux.IpAddress;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class AddressesTest {
    @Test
    void readsSubnetsAndClearsWhatIsBehindTheLength() {
        assertThat(IpPrefix.parse("10.89.3.7/24")).hasToString("10.89.3.0/24");
        assertThat(IpPrefix.parse("fd00:1::5/64")).hasToString("fd00:1::/64");
        for (String text :
                List.of("", "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0/24", "/24", "a/8", "1.2.3.4/-1")) {
            assertThatThrownBy(() -> IpPrefix.parse(text)).as(text).isInstanceOf(UserException.class);
        }
    }

    @Test
    void knowsWhatLiesInASubnet() {
        IpPrefix prefix = IpPrefix.parse("10.89.0.0/23");
        assertThat(prefix.contains(IpAddress.parse("10.89.1.255"))).isTrue();
        assertThat(prefix.contains(IpAddress.parse("10.89.2.0"))).isFalse();
        assertThat(prefix.contains(IpAddress.parse("fd00::1"))).isFalse();
        assertThat(prefix.overlaps(IpPrefix.parse("10.0.0.0/8"))).isTrue();
        assertThat(prefix.overlaps(IpPrefix.parse("10.89.1.0/24"))).isTrue();
        assertThat(prefix.overlaps(IpPrefix.parse("10.88.0.0/16"))).isFalse();
        assertThat(prefix.size()).isEqualTo(512);
        assertThat(prefix.at(257)).hasToString("10.89.1.1");
        assertThat(prefix.indexOf(IpAddress.parse("10.89.1.1"))).isEqualTo(257);
        assertThat(IpPrefix.parse("fd00::/64").at(65536)).hasToString("fd00::1:0");
    }

    @Test
    void refusesSubnetsThatDoNotFitTogether() {
        IpPrefix prefix = IpPrefix.parse("10.89.0.0/24");
        assertThat(Subnet.of(prefix, "", "10.89.0.128/25").first()).hasToString("10.89.0.128");
        assertThat(Subnet.of(prefix, "", "10.89.0.128/25").last()).hasToString("10.89.0.254");
        assertThat(Subnet.of(prefix, "10.89.0.254", "").gateway()).hasToString("10.89.0.254");
        assertThatThrownBy(() -> Subnet.of(prefix, "10.90.0.1", "")).hasMessageContaining("the gateway 10.90.0.1");
        assertThatThrownBy(() -> Subnet.of(prefix, "10.89.0.255", "")).hasMessageContaining("the gateway");
        assertThatThrownBy(() -> Subnet.of(prefix, "", "10.90.0.0/25")).hasMessageContaining("does not lie in");
        assertThatThrownBy(() -> Subnet.of(prefix, "", "10.89.0.9-10.89.0.3")).hasMessageContaining("does not lie in");
        assertThatThrownBy(() -> Subnet.of(IpPrefix.parse("10.0.0.0/31"))).hasMessageContaining("too small");
    }

    @Test
    void readsPublishedPortsAsPodmanWritesThem() {
        assertThat(PortMapping.parse("8080:80")).isEqualTo(new PortMapping("", 8080, 80, 1, "tcp"));
        assertThat(PortMapping.parse("80")).isEqualTo(new PortMapping("", 0, 80, 1, "tcp"));
        assertThat(PortMapping.parse("53:53/udp")).isEqualTo(new PortMapping("", 53, 53, 1, "udp"));
        assertThat(PortMapping.parse("127.0.0.1:8080:80")).isEqualTo(new PortMapping("127.0.0.1", 8080, 80, 1, "tcp"));
        assertThat(PortMapping.parse("127.0.0.1::80")).isEqualTo(new PortMapping("127.0.0.1", 0, 80, 1, "tcp"));
        assertThat(PortMapping.parse("[::1]:8080:80/tcp")).isEqualTo(new PortMapping("::1", 8080, 80, 1, "tcp"));
        assertThat(PortMapping.parse("[::1]::80")).isEqualTo(new PortMapping("::1", 0, 80, 1, "tcp"));
        assertThat(PortMapping.parse("0.0.0.0:1-3:11-13"))
                .isEqualTo(new PortMapping("", 1, 11, 3, "tcp"))
                .hasToString("0.0.0.0:1-3->11-13/tcp");
        for (String text : List.of(
                "",
                "x",
                "0",
                "65536",
                "1:2:3",
                "8080:",
                ":80:",
                "1-2:1",
                "2-1:2-1",
                "80/icmp",
                "300.1.1.1:1:1",
                "1:2/")) {
            assertThatThrownBy(() -> PortMapping.parse(text)).as(text).isInstanceOf(UserException.class);
        }
    }

    @Test
    void writesANetworkAndReadsItAgain() throws Exception {
        Network network = new Network(
                "n",
                "0123456789".repeat(7).substring(0, 64),
                "bj-0123456789",
                List.of(
                        Subnet.of(IpPrefix.parse("10.1.0.0/16"), "10.1.0.9", "10.1.7.0/24"),
                        Subnet.of(IpPrefix.parse("fd00::/64"))),
                true,
                true,
                false,
                1400,
                Map.of("a", "b"),
                Map.of("mtu", "1400"),
                1234567890123L);
        assertThat(Network.parse(Json.parse(network.toJson().toString()).asObject()))
                .isEqualTo(network);
    }

    @Test
    void namesNoFileOutsideItsDirectory() {
        assertThat(Definitions.valid("front-1.x_y")).isTrue();
        for (String name : List.of("", ".", "..", "../x", "a/b", "-a", ".a", "a b", "ä")) {
            assertThat(Definitions.valid(name)).as(name).isFalse();
        }
    }
}
