package belljar.integration;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What users of a Debian do, in a virtual machine: packages, a compiler, Python, and ways to the host. */
@ExtendWith(LeakCheck.class)
@Tag("full")
final class VmDebianTest {
    private static final int MUCH = 10_000_000;
    private static final String HOST = "192.168.213.1";
    private static final String GUEST = "192.168.213.2";

    /** Sends what it gets from a socket's other side, its length and digest; or the same the other way round. */
    private static final String SOCKETS = """
            import hashlib, socket, sys
            kind, port = sys.argv[1], int(sys.argv[2])
            s = socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)
            if kind == 'listen':
                s.bind((socket.VMADDR_CID_ANY, port))
                s.listen(1)
                print('listens', flush=True)
                c, (cid, _) = s.accept()
                got = b''.join(iter(lambda: c.recv(65536), b''))
                c.sendall(('%d %s' % (len(got), hashlib.sha256(got).hexdigest())).encode())
                print('host', cid)
            else:
                try:
                    s.connect((socket.VMADDR_CID_HOST, port))
                except OSError as e:
                    sys.exit('error %d' % e.errno)
                data = bytes(range(256)) * 40000
                s.sendall(data)
                s.shutdown(socket.SHUT_WR)
                answer = s.makefile().read()
                print('right' if answer == '%d %s' % (len(data), hashlib.sha256(data).hexdigest()) else answer)
            """;

    private final Belljar belljar = Shared.belljar();

    private static String digest(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] much() {
        byte[] bytes = new byte[MUCH];
        new Random(MUCH).nextBytes(bytes);
        return bytes;
    }

    @Test
    void managesPackagesCompilesAndTalksToAServerOnTheHost() throws IOException {
        Machine.needs("ip");
        DebianDisk disk = DebianDisk.of(belljar, "apt,dpkg,tar,python3,curl,gcc,libc6-dev,grep");
        Path packages = disk.tree().resolve("var/lib/dpkg");
        Program.run("cp", "-r", "/var/lib/dpkg/status", "/var/lib/dpkg/info", packages.toString())
                .good();
        Path archive = Scratch.directory("deb");
        Program.run("sh", "-c", "cd " + archive + " && apt-get download -q hello")
                .good();
        Program.run("sh", "-c", "cp " + archive + "/hello_*.deb " + disk.tree() + "/hello.deb")
                .good();
        disk.with("sum.c", """
                #include <math.h>
                #include <stdio.h>
                int main(void) {
                    double sum = 0;
                    for (int i = 1; i <= 1000000; i++) sum += 1.0 / i / i;
                    printf("%.12f %.12f\\n", sum, sqrt(6 * sum));
                }
                """);
        byte[] content = much();
        String tap = "bjtap" + ProcessHandle.current().pid() % 10000;
        Program.run("ip", "tuntap", "add", tap, "mode", "tap").good();
        try {
            Program.run("ip", "addr", "add", HOST + "/24", "dev", tap).good();
            Program.run("ip", "link", "set", tap, "up").good();
            HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getByName(HOST), 0), 0);
            server.createContext("/much", exchange -> {
                exchange.sendResponseHeaders(200, content.length);
                exchange.getResponseBody().write(content);
                exchange.close();
            });
            server.start();
            String network = " ip=" + GUEST + "::" + HOST + ":255.255.255.0::eth0:off";
            try (Guest guest = disk.boot(belljar, network, "--cpus", "2", "--net", "tap=" + tap)) {
                guest.type("dpkg-query -S /bin/bash; apt-cache policy bash");
                guest.shows("bash: /bin/bash\r\n");
                guest.shows("/var/lib/dpkg/status");
                guest.type("dpkg-deb -x /hello.deb /tmp/h && /tmp/h/usr/bin/hello");
                guest.shows("\nHello, world!\r\n");
                guest.type("apt-get --simulate -o Debug::NoLocking=1 install /hello.deb 2>&1 | grep ^Inst");
                guest.shows("Inst hello (");
                guest.type("gcc -O2 -o /tmp/sum /sum.c -lm && /tmp/sum");
                guest.shows("\n1.644933066849 3.141591698661\r\n");
                guest.type("python3 -c 'import math; print(math.factorial(50) % 1000003)'");
                guest.shows("\n" + remainder() + "\r\n");
                guest.type("curl -s http://" + HOST + ":" + server.getAddress().getPort() + "/much | sha256sum");
                guest.shows(digest(content));
                DebianDisk.end(guest);
            } finally {
                server.stop(0);
            }
        } finally {
            Program.run("ip", "link", "delete", tap).good();
        }
    }

    private static String remainder() {
        long product = 1;
        for (int i = 2; i <= 50; i++) {
            product = product * i % 1_000_003;
        }
        return Long.toString(product);
    }

    @Test
    void talksToTheHostThroughSockets() throws Exception {
        DebianDisk disk = DebianDisk.of(belljar, "python3").with("sockets.py", SOCKETS);
        Path socket = Scratch.directory("vsock").resolve("s");
        byte[] content = much();
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket + "_5000"));
            CompletableFuture<Void> answered = CompletableFuture.runAsync(() -> answer(server));
            try (Guest guest = disk.boot(belljar, "", "--vsock", "7:" + socket)) {
                guest.type("python3 /sockets.py connect 4999");
                guest.shows("error 104"); // ECONNRESET: nobody listens there
                guest.type("python3 /sockets.py connect 5000");
                guest.shows("\nright\r\n");
                answered.get();
                guest.type("python3 /sockets.py listen 6000");
                guest.shows("\nlistens\r\n");
                try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
                    channel.write(ByteBuffer.wrap("CONNECT 6000\n".getBytes(StandardCharsets.US_ASCII)));
                    assertThat(line(channel)).startsWith("OK ");
                    channel.write(ByteBuffer.wrap(content));
                    channel.shutdownOutput();
                    assertThat(new String(all(channel), StandardCharsets.US_ASCII))
                            .isEqualTo(MUCH + " " + digest(content));
                }
                guest.shows("host 2\r\n");
                DebianDisk.end(guest);
            }
        }
        assertThat(Files.exists(socket)).isFalse();
    }

    private static void answer(ServerSocketChannel server) {
        try (SocketChannel channel = server.accept()) {
            byte[] got = all(channel);
            String answer = got.length + " " + digest(got);
            channel.write(ByteBuffer.wrap(answer.getBytes(StandardCharsets.US_ASCII)));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] all(SocketChannel channel) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(2 * MUCH);
        while (channel.read(bytes) >= 0) {
            assertThat(bytes.hasRemaining()).isTrue();
        }
        byte[] all = new byte[bytes.position()];
        bytes.get(0, all);
        return all;
    }

    private static String line(SocketChannel channel) throws IOException {
        StringBuilder line = new StringBuilder();
        ByteBuffer one = ByteBuffer.allocate(1);
        while (channel.read(one.clear()) == 1 && one.get(0) != '\n') {
            line.append((char) one.get(0));
        }
        return line.toString();
    }
}
