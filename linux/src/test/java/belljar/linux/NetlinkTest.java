package belljar.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.linux.Netlink.Link;
import belljar.linux.NetlinkIp.Address;
import belljar.linux.NetlinkIp.Route;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** In network namespaces of stubs, which vanish with them and take all interfaces along. */
final class NetlinkTest {
    private Stub stub;
    private Netlink net;

    @BeforeEach
    void makesANamespace() {
        Assumptions.assumeTrue(
                CapabilitySet.effective().contains(Capability.SYS_ADMIN), "needs root to make a network namespace");
        stub = Stub.start(Clone.NEWNET, -1, -1, -1);
        net = Netlink.open(stub);
    }

    @AfterEach
    void removesIt() {
        if (stub != null) {
            net.close();
            stub.close();
        }
    }

    private Link link(String name) {
        return net.link(name).orElseThrow();
    }

    @Test
    void seesTheHostsInterfaces() throws Exception {
        try (Netlink host = Netlink.open(HostKernel.INSTANCE);
                var names = Files.list(Path.of("/sys/class/net"))) {
            assertThat(host.links().stream().map(Link::name))
                    .containsAll(names.map(n -> n.getFileName().toString())
                            .filter(n -> !n.equals("bonding_masters"))
                            .toList());
            assertThat(host.link("lo").orElseThrow().up()).isTrue();
            assertThat(host.ip().addresses()).contains(new Address(host.index("lo"), IpAddress.parse("127.0.0.1"), 8));
        }
    }

    @Test
    void switchesLoopbackOn() {
        assertThat(net.links()).hasSize(1);
        assertThat(link("lo").up()).isFalse();
        net.up(net.index("lo"));
        assertThat(link("lo").up()).isTrue();
        assertThat(net.ip().addresses())
                .contains(new Address(1, IpAddress.parse("127.0.0.1"), 8), new Address(1, IpAddress.parse("::1"), 128));
        net.down(1);
        assertThat(link("lo").up()).isFalse();
    }

    @Test
    void connectsABridgeAndAPair() {
        net.createBridge("br0");
        net.createVeth("a0", "b0");
        Link bridge = link("br0");
        assertThat(bridge.kind()).isEqualTo("bridge");
        assertThat(link("a0").kind()).isEqualTo("veth");
        net.master(link("a0").index(), bridge.index());
        assertThat(link("a0").master()).isEqualTo(bridge.index());
        net.master(link("a0").index(), 0);
        assertThat(link("a0").master()).isZero();
        net.mtu(link("b0").index(), 1400);
        net.mac(link("b0").index(), "02:42:AC:11:00:02");
        net.rename(link("b0").index(), "eth0");
        assertThat(link("eth0"))
                .isEqualTo(new Link(link("eth0").index(), "eth0", "veth", false, 1400, "02:42:ac:11:00:02", 0));
        net.delete(link("eth0").index());
        assertThat(net.link("a0")).isEmpty();
    }

    @Test
    void addressesAndRoutesWorkTogether() {
        net.createVeth("a0", "b0");
        int a = link("a0").index();
        net.up(a);
        net.up(link("b0").index());
        net.ip().addAddress(a, IpAddress.parse("10.9.0.2"), 24);
        net.ip().addAddress(a, IpAddress.parse("fd00:9::2"), 64);
        assertThat(net.ip().addresses())
                .contains(
                        new Address(a, IpAddress.parse("10.9.0.2"), 24),
                        new Address(a, IpAddress.parse("fd00:9::2"), 64));
        net.ip().addDefaultRoute(IpAddress.parse("10.9.0.1"), a);
        net.ip().addDefaultRoute(IpAddress.parse("fd00:9::1"), a);
        net.ip().addRoute(IpAddress.parse("10.77.0.0"), 16, Optional.of(IpAddress.parse("10.9.0.7")), a);
        net.ip().addRoute(IpAddress.parse("10.78.0.0"), 16, Optional.empty(), a);
        Route v4 = new Route(Optional.empty(), 0, Optional.of(IpAddress.parse("10.9.0.1")), a);
        Route v6 = new Route(Optional.empty(), 0, Optional.of(IpAddress.parse("fd00:9::1")), a);
        Route far =
                new Route(Optional.of(IpAddress.parse("10.77.0.0")), 16, Optional.of(IpAddress.parse("10.9.0.7")), a);
        assertThat(net.ip().routes())
                .contains(v4, v6, far, new Route(Optional.of(IpAddress.parse("10.78.0.0")), 16, Optional.empty(), a));
        net.ip().removeRoute(far, false);
        net.ip().removeRoute(v6, true);
        assertThat(net.ip().routes()).contains(v4).doesNotContain(far, v6);
        net.ip().removeAddress(a, IpAddress.parse("10.9.0.2"), 24);
        assertThat(net.ip().addresses()).doesNotContain(new Address(a, IpAddress.parse("10.9.0.2"), 24));
    }

    @Test
    void agreesWithTheToolsOfTheHost() throws Exception {
        Assumptions.assumeTrue(Files.exists(Path.of("/usr/bin/nsenter")), "needs nsenter");
        net.createVeth("a0", "b0");
        net.ip().addAddress(link("a0").index(), IpAddress.parse("10.9.0.2"), 24);
        net.up(link("a0").index());
        Process ip = new ProcessBuilder("nsenter", "-t", Long.toString(stub.pid()), "-n", "cat", "/proc/net/fib_trie")
                .redirectErrorStream(true)
                .start();
        String text = new String(ip.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(ip.waitFor()).isZero();
        assertThat(text).contains("10.9.0.255").contains("10.9.0.2");
    }

    @Test
    void movesInterfacesBetweenNamespaces() {
        try (Stub other = Stub.start(Clone.NEWNET, -1, -1, -1);
                Netlink there = Netlink.open(other);
                Memory memory = stub.lend()) {
            long path = memory.string("/proc/" + other.pid() + "/ns/net");
            long namespace = Errno.check("openat", "open the namespace", stub.call(Nr.OPENAT, -100, path, 0));
            net.createVeth("a0", "eth0", (int) namespace);
            assertThat(there.link("eth0")).isPresent();
            assertThat(net.link("eth0")).isEmpty();
            net.createVeth("a1", "b1");
            net.moveToNamespace(link("b1").index(), (int) namespace);
            assertThat(there.link("b1")).isPresent();
            net.createVeth("a2", "b2");
            net.moveToProcess(link("b2").index(), (int) other.pid());
            assertThat(there.link("b2")).isPresent();
            stub.call(Nr.CLOSE, namespace);
        }
    }

    @Test
    void makesABridgeAndAPortInOneStepEach() {
        try (Stub other = Stub.start(Clone.NEWNET, -1, -1, -1);
                Netlink there = Netlink.ofProcess(other.pid())) {
            net.createBridge("br0", "02:42:0a:59:00:01", 1400);
            Link bridge = link("br0");
            assertThat(bridge).isEqualTo(new Link(bridge.index(), "br0", "bridge", true, 1400, "02:42:0a:59:00:01", 0));
            net.createPort("p0", bridge.index(), 1400, "eth0", "02:42:0a:59:00:02", other.pid());
            assertThat(link("p0").master()).isEqualTo(bridge.index());
            assertThat(link("p0").up()).isTrue();
            Link inside = there.link("eth0").orElseThrow();
            assertThat(inside.mac()).isEqualTo("02:42:0a:59:00:02");
            assertThat(inside.mtu()).isEqualTo(1400);
            assertThat(net.link("eth0")).isEmpty();
            net.delete(link("p0").index());
            assertThat(there.link("eth0")).isEmpty();
        }
    }

    @Test
    void listsMoreThanOneAnswerHolds() {
        for (int i = 0; i < 60; i++) {
            net.createBridge("br" + i);
        }
        List<Link> links = net.links();
        assertThat(links).hasSize(61);
        assertThat(links.get(60).name()).isEqualTo("br59");
    }

    @Test
    void explainsWhatTheKernelRefuses() {
        net.createBridge("br0");
        int bridge = net.index("br0");
        assertThatThrownBy(() -> net.createBridge("br0"))
                .isInstanceOf(HostException.class)
                .hasMessage("make the bridge interface br0: EEXIST (File exists)")
                .extracting(e -> ((HostException) e).errno())
                .isEqualTo(Errno.EEXIST);
        assertThatThrownBy(() -> net.ip().addDefaultRoute(IpAddress.parse("10.1.1.1"), bridge))
                .hasMessageStartingWith("add the default route by 10.1.1.1: ENET");
        net.up(bridge);
        // The kernel's own words, which come in an extended acknowledgement.
        assertThatThrownBy(() -> net.ip().addDefaultRoute(IpAddress.parse("10.1.1.1"), bridge))
                .hasMessageContaining("Nexthop has invalid gateway");
        assertThatThrownBy(() -> net.mtu(bridge, 1)).hasMessageContaining("mtu less than device minimum");
        assertThatThrownBy(() -> net.delete(4711)).hasMessageContaining("ENODEV");
        assertThatThrownBy(() -> net.index("none")).hasMessage("there is no network interface none");
        assertThat(net.links()).hasSize(2);
    }

    @Test
    void refusesNamesThatCannotBe() {
        for (String name : List.of("", "a b", "a/b", "a:b", ".", "..", "sixteen-letters-", "\u00e4")) {
            assertThatThrownBy(() -> net.createBridge(name)).isInstanceOf(UserException.class);
        }
        assertThatThrownBy(() -> net.mac(1, "02:42")).isInstanceOf(UserException.class);
        assertThatThrownBy(() -> net.mac(1, "02-42-ac-11-00-02")).isInstanceOf(UserException.class);
    }
}
