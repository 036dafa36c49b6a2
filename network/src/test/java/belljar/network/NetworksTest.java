package belljar.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.UserException;
import belljar.linux.Capability;
import belljar.linux.CapabilitySet;
import belljar.linux.Clone;
import belljar.linux.IpAddress;
import belljar.linux.Netlink;
import belljar.linux.Netlink.Link;
import belljar.linux.Nftables;
import belljar.linux.Stub;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Real bridges, interfaces and packets. The host of these networks is a network namespace of a stub's, and so are the
 * containers; a further one stands for the world outside. All vanish with the stubs.
 */
final class NetworksTest {
    private static final String A = "aaaaaaaa".repeat(8);
    private static final String B = "bbbbbbbb".repeat(8);
    private static final String C = "cccccccc".repeat(8);

    @TempDir
    private Path root;

    private final List<AutoCloseable> open = new ArrayList<>();
    private final List<Process> servers = new ArrayList<>();
    private Stub host;
    private Networks networks;

    @BeforeEach
    void makesAHost() {
        Assumptions.assumeTrue(
                CapabilitySet.effective().contains(Capability.SYS_ADMIN), "needs root to make a network namespace");
        host = namespace();
        networks = Networks.open(root, host);
    }

    @AfterEach
    void removesIt() throws Exception {
        for (Process server : servers) {
            server.destroyForcibly();
            server.waitFor();
        }
        for (AutoCloseable each : open) {
            each.close();
        }
    }

    private Stub namespace() {
        Stub stub = Stub.start(Clone.NEWNET, -1, -1, -1);
        open.add(stub);
        try (Netlink net = Netlink.open(stub)) {
            net.up(net.index("lo"));
        }
        return stub;
    }

    private Attachment start(Network network, String id, Stub container, PortMapping... ports) {
        List<Attachment> made =
                networks.reserve(List.of(Endpoint.of(network, id, List.of("c" + id.charAt(0)))), List.of(ports));
        networks.attach(made, container.pid());
        return made.getFirst();
    }

    private static IpAddress ip(Attachment attachment) {
        return attachment.ip().orElseThrow();
    }

    private static String run(Stub where, String... command) throws IOException, InterruptedException {
        Process process = process(where, command).start();
        process.getOutputStream().close();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(20, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
        return text;
    }

    private static ProcessBuilder process(Stub where, String... command) {
        List<String> words = new ArrayList<>(List.of("nsenter", "-t", Long.toString(where.pid()), "-n"));
        words.addAll(List.of(command));
        return new ProcessBuilder(words).redirectErrorStream(true);
    }

    /** Answers every connection or packet with a word and the peer's address. */
    private void serve(Stub where, String word, int port, String... more) throws Exception {
        Assumptions.assumeTrue(Files.exists(Path.of("/usr/bin/python3")), "needs python3 for a server");
        String script = """
                import socket, sys
                word, port, udp, v6 = sys.argv[1], int(sys.argv[2]), 'udp' in sys.argv, 'v6' in sys.argv
                s = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_DGRAM if udp else socket.SOCK_STREAM)
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                s.bind(('::' if v6 else '0.0.0.0', port))
                if not udp: s.listen()
                print('ready', flush=True)
                while True:
                    if udp:
                        d, p = s.recvfrom(100); s.sendto((word + ' ' + p[0]).encode(), p)
                    else:
                        c, p = s.accept(); c.sendall((word + ' ' + p[0]).encode()); c.close()
                """;
        List<String> words = new ArrayList<>(List.of("python3", "-c", script, word, Integer.toString(port)));
        words.addAll(List.of(more));
        Process server = process(where, words.toArray(new String[0])).start();
        servers.add(server);
        assertThat(server.inputReader().readLine()).isEqualTo("ready");
    }

    private static String ask(Stub from, String address, int port, String... more) throws Exception {
        String script = """
                import socket, sys
                a, port, udp = sys.argv[1], int(sys.argv[2]), 'udp' in sys.argv
                s = socket.socket(socket.AF_INET6 if ':' in a else socket.AF_INET, socket.SOCK_DGRAM if udp else socket.SOCK_STREAM)
                s.settimeout(2.5)
                try:
                    s.connect((a, port))
                    if udp: s.send(b'x')
                    print(s.recv(100).decode())
                except OSError as e:
                    print('failed', e)
                """;
        List<String> words = new ArrayList<>(List.of("python3", "-c", script, address, Integer.toString(port)));
        words.addAll(List.of(more));
        return run(from, words.toArray(new String[0])).trim();
    }

    private void assertNothingLeft() {
        new Place(networks.directory()).lock().close(); // held until all interfaces are gone
        try (Netlink net = Netlink.open(host);
                Nftables nft = Nftables.open(host)) {
            assertThat(net.links().stream().map(Link::name)).containsExactly("lo");
            assertThat(nft.hasTable("belljar-"
                            + Integer.toHexString(
                                    root.resolve("networks").toString().hashCode())))
                    .isFalse();
        }
    }

    @Test
    void letsContainersOfANetworkReachEachOther() throws Exception {
        Network network = networks.create(NetworkSpec.named("front"));
        assertThat(network.subnets().getFirst().prefix()).hasToString("10.89.0.0/24");
        Stub one = namespace();
        Stub two = namespace();
        Attachment a = start(network, A, one);
        Attachment b = start(network, B, two);
        assertThat(ip(a)).hasToString("10.89.0.2");
        assertThat(ip(b)).hasToString("10.89.0.3");
        assertThat(a.mac()).isEqualTo("02:42:0a:59:00:02");
        serve(two, "two", 80);
        assertThat(ask(one, "10.89.0.3", 80)).isEqualTo("two 10.89.0.2");
        assertThat(ask(host, "10.89.0.3", 80)).isEqualTo("two 10.89.0.1");
        networks.disconnect(network, A);
        assertThat(ask(one, "10.89.0.3", 80)).startsWith("failed");
        networks.disconnect(network, B);
        assertNothingLeft();
        assertThat(networks.attachments(network)).isEmpty();
    }

    @Test
    void publishesPortsToTheHostToItselfAndToTheWorld() throws Exception {
        Stub world = world();
        Network network = networks.create(NetworkSpec.named("front"));
        Stub one = namespace();
        Stub two = namespace();
        serve(one, "web", 80);
        serve(one, "dns", 53, "udp");
        Attachment a = start(
                network,
                A,
                one,
                PortMapping.parse("8080:80"),
                PortMapping.parse("5353:53/udp"),
                PortMapping.parse("80"));
        start(network, B, two);
        assertThat(ask(host, "127.0.0.1", 8080)).isEqualTo("web 10.89.0.1");
        assertThat(ask(host, "192.0.2.1", 8080)).startsWith("web ");
        assertThat(ask(host, "127.0.0.1", 5353, "udp")).isEqualTo("dns 10.89.0.1");
        assertThat(ask(host, "127.0.0.1", a.ports().get(2).hostPort())).startsWith("web ");
        assertThat(ask(world, "192.0.2.1", 8080)).isEqualTo("web 192.0.2.2");
        assertThat(ask(world, "192.0.2.1", 5353, "udp")).isEqualTo("dns 192.0.2.2");
        assertThat(ask(two, "192.0.2.1", 8080)).isEqualTo("web 10.89.0.1");
        assertThat(ask(one, "192.0.2.1", 8080)).isEqualTo("web 10.89.0.1");
        // What is not published is not to be had from outside, even by a route.
        assertThat(ask(world, "10.89.0.2", 80)).startsWith("failed");
        networks.detach(A);
        assertThat(ask(host, "127.0.0.1", 8080)).startsWith("failed");
    }

    /** A namespace that reaches the host at 192.0.2.1 and has a route to all networks through it. */
    private Stub world() {
        Stub world = namespace();
        try (Netlink here = Netlink.open(host);
                Netlink there = Netlink.open(world)) {
            here.createVeth("up0", "down0");
            here.moveToProcess(here.index("down0"), (int) world.pid());
            here.ip().addAddress(here.index("up0"), IpAddress.parse("192.0.2.1"), 24);
            there.ip().addAddress(there.index("down0"), IpAddress.parse("192.0.2.2"), 24);
            here.up(here.index("up0"));
            there.up(there.index("down0"));
            there.ip().addDefaultRoute(IpAddress.parse("192.0.2.1"), there.index("down0"));
        }
        return world;
    }

    @Test
    void masqueradesWhatLeavesAndLetsNothingOutOfAnInternalNetwork() throws Exception {
        Stub world = world();
        serve(world, "world", 7);
        Network front = networks.create(NetworkSpec.named("front"));
        Network back = networks.create(
                new NetworkSpec("back", "", List.of(), List.of(), List.of(), false, true, true, Map.of(), Map.of()));
        Stub one = namespace();
        Stub two = namespace();
        start(front, A, one);
        Attachment b = start(back, B, two);
        assertThat(ask(one, "192.0.2.2", 7)).isEqualTo("world 192.0.2.1");
        assertThat(ask(two, "192.0.2.2", 7)).startsWith("failed");
        run(
                two,
                "ip",
                "route",
                "add",
                "default",
                "via",
                back.ipv4().orElseThrow().gateway().toString());
        assertThat(ask(two, "192.0.2.2", 7)).startsWith("failed");
        serve(two, "two", 80);
        assertThat(ask(host, ip(b).toString(), 80)).startsWith("two ");
        assertThat(ask(one, ip(b).toString(), 80)).startsWith("failed");
    }

    @Test
    void keepsNetworksApartButForPublishedPorts() throws Exception {
        Network front = networks.create(NetworkSpec.named("front"));
        Network back = networks.create(NetworkSpec.named("back"));
        assertThat(back.subnets().getFirst().prefix()).hasToString("10.89.1.0/24");
        Stub one = namespace();
        Stub two = namespace();
        start(front, A, one);
        start(back, B, two, PortMapping.parse("8080:80"));
        serve(two, "two", 80);
        assertThat(ask(one, "10.89.1.2", 80)).startsWith("failed");
        assertThat(ask(one, "10.89.0.1", 8080)).startsWith("two ");
        // The host's own loopback addresses, which the bridge must route for published ports.
        serve(host, "secret", 99);
        run(one, "ip", "route", "add", "127.0.0.0/8", "via", "10.89.0.1", "dev", "eth0");
        run(one, "ip", "addr", "del", "127.0.0.1/8", "dev", "lo");
        run(one, "ip", "route", "del", "table", "local", "127.0.0.0/8");
        run(one, "ip", "route", "del", "table", "local", "127.0.0.1");
        run(one, "sysctl", "-w", "net.ipv4.conf.all.route_localnet=1");
        assertThat(ask(one, "127.0.0.1", 99)).startsWith("failed");
    }

    @Test
    void hasIpv6WhereAsked() throws Exception {
        Network network = networks.create(new NetworkSpec(
                "six", "", List.of("fd00:77::/64"), List.of(), List.of(), true, false, true, Map.of(), Map.of()));
        assertThat(network.ipv4()).isEmpty();
        Network both = networks.create(
                new NetworkSpec("both", "", List.of(), List.of(), List.of(), true, false, true, Map.of(), Map.of()));
        assertThat(both.ipv4()).isPresent();
        assertThat(both.ipv6()).isPresent();
        Stub one = namespace();
        Stub two = namespace();
        Attachment a = start(network, A, one, PortMapping.parse("8080:80"));
        assertThat(a.ip()).isEmpty();
        assertThat(a.ip6().orElseThrow()).hasToString("fd00:77::2");
        start(network, B, two);
        serve(one, "six", 80, "v6");
        assertThat(ask(two, "fd00:77::2", 80)).isEqualTo("six fd00:77::3");
        assertThat(ask(two, "fd00:77::1", 8080)).isEqualTo("six fd00:77::1");
        assertThat(ask(host, "fd00:77::1", 8080)).startsWith("six ");
    }

    @Test
    void keepsTheAddressOfAnEndedContainer() {
        Network network = networks.create(NetworkSpec.named("front"));
        start(network, A, namespace());
        Attachment b = start(network, B, namespace());
        networks.detach(A);
        networks.detach(B);
        assertThat(ip(start(network, C, namespace()))).hasToString("10.89.0.4");
        assertThat(ip(start(network, B, namespace()))).isEqualTo(ip(b));
        networks.release(A);
        networks.release(B);
        assertThat(networks.attachments(network))
                .extracting(Attachment::containerId)
                .containsExactly(C);
    }

    @Test
    void takesAddressesFromEndedContainersOnlyWhenNoneIsLeft() {
        Network network = networks.create(new NetworkSpec(
                "tiny",
                "",
                List.of("10.90.0.0/29"),
                List.of(),
                List.of("10.90.0.2-10.90.0.3"),
                false,
                false,
                true,
                Map.of(),
                Map.of()));
        start(network, A, namespace());
        networks.detach(A);
        assertThat(ip(start(network, B, namespace()))).hasToString("10.90.0.3");
        assertThat(ip(start(network, C, namespace()))).hasToString("10.90.0.2");
        assertThatThrownBy(() -> start(network, A, namespace()))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("all addresses of the network 'tiny'");
    }

    @Test
    void givesTheAddressAndNamesThatAreAskedFor() {
        Network network = networks.create(NetworkSpec.named("front"));
        Endpoint wish = new Endpoint(
                network,
                A,
                List.of("a"),
                Optional.of(IpAddress.parse("10.89.0.77")),
                Optional.empty(),
                "92:d0:c6:0a:29:33",
                "net5");
        Stub one = namespace();
        List<Attachment> made = networks.reserve(List.of(wish), List.of());
        networks.attach(made, one.pid());
        try (Netlink inside = Netlink.open(one)) {
            Link link = inside.link("net5").orElseThrow();
            assertThat(link.mac()).isEqualTo("92:d0:c6:0a:29:33");
            assertThat(link.up()).isTrue();
        }
        Endpoint same = new Endpoint(
                network, B, List.of("b"), Optional.of(IpAddress.parse("10.89.0.77")), Optional.empty(), "", "");
        assertThatThrownBy(() -> networks.reserve(List.of(same), List.of()))
                .hasMessage("the address 10.89.0.77 belongs to the container 'a'");
        Endpoint outside = new Endpoint(
                network, B, List.of("b"), Optional.of(IpAddress.parse("10.1.0.77")), Optional.empty(), "", "");
        assertThatThrownBy(() -> networks.reserve(List.of(outside), List.of()))
                .hasMessageContaining("does not lie in the subnet 10.89.0.0/24");
    }

    @Test
    void refusesPortsThatAreInUse() throws Exception {
        Network network = networks.create(NetworkSpec.named("front"));
        start(network, A, namespace(), PortMapping.parse("8000-8003:80-83"));
        assertThatThrownBy(() -> start(network, B, namespace(), PortMapping.parse("127.0.0.1:8003:80")))
                .isInstanceOf(UserException.class)
                .hasMessage("port 8003/tcp of 127.0.0.1 cannot be published: another container has it; choose another"
                        + " port or end that first");
        serve(host, "own", 9000);
        assertThatThrownBy(() -> start(network, B, namespace(), PortMapping.parse("9000:80")))
                .hasMessageContaining("a program on this host uses it");
        assertThatThrownBy(() -> start(network, B, namespace(), PortMapping.parse("198.51.100.7:9001:80")))
                .hasMessageContaining("does not have the address 198.51.100.7");
        networks.detach(A);
        assertThat(start(network, B, namespace(), PortMapping.parse("127.0.0.1:8003:80"))
                        .ports())
                .extracting(PortMapping::toString)
                .containsExactly("127.0.0.1:8003->80/tcp");
    }

    @Test
    void takesBackWhatDeadContainersHad() {
        Network network = networks.create(NetworkSpec.named("front"));
        start(network, A, namespace(), PortMapping.parse("8080:80"));
        start(network, B, namespace());
        networks.repair(id -> id.equals(B));
        assertThat(networks.attachments(network)).filteredOn(Attachment::active).hasSize(1);
        new Place(networks.directory()).lock().close();
        try (Netlink net = Netlink.open(host)) {
            assertThat(net.links()).filteredOn(l -> l.name().startsWith("ve")).hasSize(1);
        }
        networks.repair(id -> false);
        assertNothingLeft();
        networks.repair(id -> false);
        networks.reload();
        assertNothingLeft();
    }

    @Test
    void restoresTheFilterThatSomeoneEmptied() throws Exception {
        Assumptions.assumeTrue(Files.exists(Path.of("/usr/sbin/nft")), "needs nft to empty the filter");
        Network network = networks.create(NetworkSpec.named("front"));
        Stub one = namespace();
        serve(one, "web", 80);
        start(network, A, one, PortMapping.parse("8080:80"));
        run(host, "/usr/sbin/nft", "flush", "ruleset");
        assertThat(ask(host, "127.0.0.1", 8080)).startsWith("failed");
        start(network, B, namespace());
        assertThat(ask(host, "127.0.0.1", 8080)).startsWith("web");
        run(host, "/usr/sbin/nft", "flush", "ruleset");
        networks.reload();
        assertThat(ask(host, "127.0.0.1", 8080)).startsWith("web");
        run(host, "/usr/sbin/nft", "flush", "ruleset");
        networks.release(A);
        networks.release(B);
        assertNothingLeft();
    }

    @Test
    void connectsAndDisconnectsRunningContainers() throws Exception {
        Network front = networks.create(NetworkSpec.named("front"));
        Network back = networks.create(NetworkSpec.named("back"));
        Stub one = namespace();
        Stub two = namespace();
        start(front, A, one);
        start(back, B, two);
        serve(two, "two", 80);
        Attachment second = networks.connect(Endpoint.of(back, A, List.of("a")), one.pid());
        assertThat(second.interfaceName()).isEqualTo("eth1");
        assertThat(ask(one, "10.89.1.2", 80)).isEqualTo("two " + ip(second));
        assertThatThrownBy(() -> networks.connect(Endpoint.of(back, A, List.of("a")), one.pid()))
                .hasMessageContaining("connected to the network 'back' already");
        networks.disconnect(back, A);
        assertThat(ask(one, "10.89.1.2", 80)).startsWith("failed");
        assertThatThrownBy(() -> networks.remove("back")).hasMessageContaining("is used by containers");
        networks.detach(B);
        networks.remove("back");
        assertThat(networks.exists("back")).isFalse();
    }

    @Test
    void choosesOtherAddressesWhereTheHostTookThem() {
        Network network = networks.find(Network.DEFAULT);
        assertThat(network.subnets().getFirst().prefix()).hasToString("10.89.0.0/24");
        try (Netlink net = Netlink.open(host)) {
            net.createBridge("d0");
            net.up(net.index("d0"));
            net.ip().addAddress(net.index("d0"), IpAddress.parse("10.89.0.200"), 16);
        }
        assertThat(ip(start(network, A, namespace()))).hasToString("10.90.0.2");
        assertThatThrownBy(() -> networks.create(new NetworkSpec(
                        "n",
                        "",
                        List.of("10.89.7.0/24"),
                        List.of(),
                        List.of(),
                        false,
                        false,
                        true,
                        Map.of(),
                        Map.of())))
                .hasMessageContaining("is in use on this host");
    }
}
