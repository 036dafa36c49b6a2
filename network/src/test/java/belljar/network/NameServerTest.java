package belljar.network;

import static org.assertj.core.api.Assertions.assertThat;

import belljar.linux.IpAddress;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A server on the loopback interface, which here is the network; and an upstream server of the test's own. */
final class NameServerTest {
    private static final InetAddress LOCAL = InetAddress.ofLiteral("127.0.0.1");

    private DatagramSocket upstream;
    private NameServer server;
    private volatile boolean silent;
    private volatile int upstreamLength = 40;

    @BeforeEach
    void starts() throws Exception {
        upstream = new DatagramSocket(new InetSocketAddress(LOCAL, 0));
        Thread.ofPlatform().daemon().start(this::answerUpstream);
        server = start(false);
    }

    @AfterEach
    void ends() {
        server.close();
        upstream.close();
    }

    private NameServer start(boolean internal) {
        List<InetSocketAddress> servers = List.of((InetSocketAddress) upstream.getLocalSocketAddress());
        return NameServer.start(
                network("127.0.0.0/8", internal),
                attachments(),
                IpAddress.parse("127.0.0.1"),
                0,
                new HostResolvers(servers));
    }

    private static Network network(String subnet, boolean internal) {
        return new Network(
                "n",
                "0".repeat(64),
                "bj-0",
                List.of(Subnet.of(IpPrefix.parse(subnet))),
                true,
                internal,
                true,
                0,
                Map.of(),
                Map.of(),
                0);
    }

    private static List<Attachment> attachments() {
        List<Attachment> list = new ArrayList<>();
        list.add(attachment("a", List.of("db", "shared", "aaaaaaaaaaaa"), "127.0.0.2", "fd00::2", true));
        list.add(attachment("b", List.of("web", "shared"), "127.0.0.3", "", true));
        list.add(attachment("c", List.of("dead"), "127.0.0.4", "", false));
        return list;
    }

    private static Attachment attachment(String id, List<String> names, String ip, String ip6, boolean active) {
        return new Attachment(
                "n",
                id.repeat(64),
                names,
                Optional.of(IpAddress.parse(ip)),
                ip6.isEmpty() ? Optional.empty() : Optional.of(IpAddress.parse(ip6)),
                "",
                "eth0",
                List.of(),
                active);
    }

    private void answerUpstream() {
        byte[] buffer = new byte[4096];
        while (!upstream.isClosed()) {
            try {
                DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
                upstream.receive(packet);
                if (silent) {
                    continue;
                }
                byte[] answer = Arrays.copyOf(buffer, Math.max(upstreamLength, packet.getLength()));
                answer[2] |= (byte) 0x80;
                // First an answer that someone else might have sent, which must not be believed.
                byte[] forged = answer.clone();
                forged[0]++;
                forged[3] = 5;
                upstream.send(new DatagramPacket(forged, forged.length, packet.getSocketAddress()));
                upstream.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
            } catch (IOException e) {
                return;
            }
        }
    }

    private static byte[] question(String name, int type) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(new byte[] {0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0});
        for (String label : name.split("\\.", -1)) {
            byte[] bytes = label.getBytes(StandardCharsets.ISO_8859_1);
            out.write(bytes.length);
            out.writeBytes(bytes);
        }
        out.writeBytes(new byte[] {0, (byte) (type >> 8), (byte) type, 0, 1});
        return out.toByteArray();
    }

    private byte @Nullable [] ask(byte[] message, int timeoutMillis) throws IOException {
        try (DatagramSocket socket = new DatagramSocket(new InetSocketAddress(LOCAL, 0))) {
            socket.setSoTimeout(timeoutMillis);
            socket.send(new DatagramPacket(message, message.length, LOCAL, server.port()));
            DatagramPacket packet = new DatagramPacket(new byte[4096], 4096);
            socket.receive(packet);
            return Arrays.copyOf(packet.getData(), packet.getLength());
        } catch (SocketTimeoutException e) {
            return null;
        }
    }

    private byte[] answer(String name, int type) throws IOException {
        byte[] question = question(name, type);
        byte[] answer = java.util.Objects.requireNonNull(ask(question, 5000), "no answer");
        assertThat(answer).startsWith(0x12, 0x34);
        assertThat(answer[2] & 0x80).isNotZero();
        return answer;
    }

    private static DnsQuestion parsed(String name) {
        return java.util.Objects.requireNonNull(DnsQuestion.parse(question(name, DnsQuestion.PTR)));
    }

    private static int code(byte[] answer) {
        return answer[3] & 15;
    }

    /** The addresses of an answer, checked byte for byte against RFC 1035, 4.1.3. */
    private static Set<String> addresses(byte[] answer, int questionLength) {
        Set<String> found = new HashSet<>();
        int at = questionLength;
        for (int i = 0; i < answer[7]; i++) {
            assertThat(answer[at]).isEqualTo((byte) 0xc0);
            assertThat(answer[at + 1]).isEqualTo((byte) 12);
            int length = answer[at + 11];
            found.add(IpAddress.of(Arrays.copyOfRange(answer, at + 12, at + 12 + length))
                    .toString());
            at += 12 + length;
        }
        assertThat(at).isEqualTo(answer.length);
        return found;
    }

    private Set<String> addresses(String name, int type) throws IOException {
        byte[] answer = answer(name, type);
        assertThat(code(answer)).isZero();
        return addresses(answer, question(name, type).length);
    }

    @Test
    void answersNamesAliasesAndIdsOfRunningContainers() throws Exception {
        assertThat(addresses("db", DnsQuestion.A)).containsExactly("127.0.0.2");
        assertThat(addresses("DB", DnsQuestion.A)).containsExactly("127.0.0.2");
        assertThat(addresses("db", DnsQuestion.AAAA)).containsExactly("fd00::2");
        assertThat(addresses("db", DnsQuestion.ANY)).containsExactlyInAnyOrder("127.0.0.2", "fd00::2");
        assertThat(addresses("aaaaaaaaaaaa", DnsQuestion.A)).containsExactly("127.0.0.2");
        assertThat(addresses("shared", DnsQuestion.A)).containsExactlyInAnyOrder("127.0.0.2", "127.0.0.3");
        // The name is there, but no such address: not the same as no such name.
        assertThat(addresses("web", DnsQuestion.AAAA)).isEmpty();
        server.update(network("127.0.0.0/8", false), attachments().subList(0, 1));
        assertThat(addresses("shared", DnsQuestion.A)).containsExactly("127.0.0.2");
    }

    @Test
    void answersNamesOfAddresses() throws Exception {
        byte[] question = question("3.0.0.127.in-addr.arpa", DnsQuestion.PTR);
        byte[] answer = answer("3.0.0.127.in-addr.arpa", DnsQuestion.PTR);
        assertThat(new String(
                        answer,
                        question.length + 12,
                        answer.length - question.length - 12,
                        StandardCharsets.ISO_8859_1))
                .isEqualTo("\3web\0");
        assertThat(code(answer("99.0.0.127.in-addr.arpa", DnsQuestion.PTR))).isEqualTo(DnsQuestion.NO_NAME);
        assertThat(parsed("2." + "0.".repeat(27) + "0.d.f.ip6.arpa").reversed()).isNull();
        assertThat(parsed("2." + "0.".repeat(29) + "d.f.ip6.arpa").reversed()).hasToString("fd00::2");
    }

    @Test
    void hasOthersAnsweredByTheHostsServers() throws Exception {
        byte[] answer = answer("example.org", DnsQuestion.A);
        assertThat(code(answer)).isZero();
        assertThat(answer).hasSize(40);
        assertThat(answer("dead", DnsQuestion.A)).hasSize(40);
        silent = true;
        assertThat(code(answer("example.org", DnsQuestion.A))).isEqualTo(DnsQuestion.FAILED);
    }

    @Test
    void answersByTcpToo() throws Exception {
        try (Socket socket = new Socket(LOCAL, server.port())) {
            byte[] question = question("db", DnsQuestion.A);
            for (int i = 0; i < 2; i++) {
                socket.getOutputStream().write(new byte[] {0, (byte) question.length});
                socket.getOutputStream().write(question);
                DataInputStream in = new DataInputStream(socket.getInputStream());
                byte[] answer = new byte[in.readUnsignedShort()];
                in.readFully(answer);
                assertThat(addresses(answer, question.length)).containsExactly("127.0.0.2");
            }
        }
    }

    @Test
    void letsNoNameOutOfAnInternalNetwork() throws Exception {
        server.close();
        server = start(true);
        assertThat(code(answer("example.org", DnsQuestion.A))).isEqualTo(DnsQuestion.NO_NAME);
        assertThat(addresses("web", DnsQuestion.A)).containsExactly("127.0.0.3");
    }

    @Test
    void answersNobodyOfOtherNetworks() throws Exception {
        server.update(network("10.89.0.0/24", false), List.of());
        assertThat(ask(question("db", DnsQuestion.A), 300)).isNull();
        try (Socket socket = new Socket(LOCAL, server.port())) {
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        }
    }

    @Test
    void keepsAnswersToOnePacket() throws Exception {
        List<Attachment> many = new ArrayList<>();
        for (int i = 1; i < 100; i++) {
            many.add(attachment("d", List.of("many"), "127.1.0." + i, "", true));
        }
        server.update(network("127.0.0.0/8", false), many);
        byte[] question = question("many", DnsQuestion.A);
        byte[] cut = answer("many", DnsQuestion.A);
        assertThat(cut).hasSize(question.length);
        assertThat(cut[2] & 2).as("truncated").isNotZero();
        assertThat(cut[7]).isZero();
        try (Socket socket = new Socket(LOCAL, server.port())) {
            socket.getOutputStream().write(new byte[] {0, (byte) question.length});
            socket.getOutputStream().write(question);
            DataInputStream in = new DataInputStream(socket.getInputStream());
            byte[] answer = new byte[in.readUnsignedShort()];
            in.readFully(answer);
            assertThat(addresses(answer, question.length)).hasSize(99);
        }
    }

    @Test
    void passesOverWhatIsNoQuestion() throws Exception {
        byte[] good = question("db", DnsQuestion.A);
        List<byte[]> bad = new ArrayList<>();
        bad.add(new byte[0]);
        bad.add(Arrays.copyOf(good, 12));
        bad.add(Arrays.copyOf(good, good.length - 1));
        byte[] response = good.clone();
        response[2] = (byte) 0x80;
        bad.add(response);
        byte[] two = good.clone();
        two[5] = 2;
        bad.add(two);
        byte[] loop = good.clone();
        loop[12] = (byte) 0xc0; // a pointer to itself
        loop[13] = 12;
        bad.add(loop);
        byte[] otherClass = good.clone();
        otherClass[good.length - 1] = 3;
        bad.add(otherClass);
        bad.add(question(("x".repeat(63) + ".").repeat(4) + "y", DnsQuestion.A));
        for (byte[] message : bad) {
            assertThat(DnsQuestion.parse(message)).isNull();
            assertThat(ask(message, 50)).isNull();
        }
        assertThat(addresses("db", DnsQuestion.A)).isNotEmpty();
    }

    @Test
    void survivesAnyPacket() throws Exception {
        Random random = new Random(42);
        byte[] good = question("a.very.long.name.with.many.labels.ip6.arpa", DnsQuestion.PTR);
        int understood = 0;
        try (DatagramSocket socket = new DatagramSocket(new InetSocketAddress(LOCAL, 0))) {
            for (int i = 0; i < 20_000; i++) {
                byte[] message = good.clone();
                for (int change = random.nextInt(4); change > 0; change--) {
                    message[random.nextInt(message.length)] = (byte) random.nextInt(256);
                }
                if (i % 3 == 0) {
                    message = Arrays.copyOf(message, random.nextInt(message.length + 40));
                }
                if (i % 7 == 0) {
                    random.nextBytes(message);
                }
                DnsQuestion question = DnsQuestion.parse(message);
                if (question != null) {
                    understood++;
                    assertThat(question.name().length()).isLessThanOrEqualTo(255);
                    question.reversed();
                    assertThat(question.answer(DnsQuestion.OK, List.of(IpAddress.parse("10.0.0.1"))))
                            .hasSizeLessThanOrEqualTo(message.length + 16);
                } else if (i % 20 == 0) {
                    socket.send(new DatagramPacket(message, message.length, LOCAL, server.port()));
                }
            }
        }
        assertThat(understood).isBetween(1000, 19_000);
        assertThat(addresses("db", DnsQuestion.A)).containsExactly("127.0.0.2");
    }

    @Test
    void readsTheHostsServers() {
        assertThat(HostResolvers.servers("# x\nnameserver 1.1.1.1\nnameserver\t::1\nnameserver x\nnameservers 2.2.2.2\n"
                        + "search a\nnameserver fe80::1%eth0 # y\nnameserver 9.9.9.9"))
                .extracting(IpAddress::toString)
                .containsExactly("1.1.1.1", "::1", "fe80::1", "9.9.9.9");
    }
}
