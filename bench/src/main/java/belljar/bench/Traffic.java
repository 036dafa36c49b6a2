package belljar.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;

/**
 * Talks over TCP with a server in a container and prints how long an exchange takes: a request of some size, and its
 * answer of one byte. There are a server and a client in Python, for containers, and a client in Java, which is this
 * program, for the host. A connection begins with the size of its requests, in 8 bytes, the highest first.
 */
final class Traffic {
    /**
     * Serves the port that is its first argument, one thread a connection, on the CPU whose number is the second, until
     * it is killed.
     */
    static final String SERVER = """
            import os, socket, sys, threading

            def serve(client):
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                size = int.from_bytes(client.recv(8, socket.MSG_WAITALL), 'big')
                buffer = memoryview(bytearray(min(size, 1 << 18)))
                left = size
                while True:
                    received = client.recv_into(buffer, min(left, len(buffer)))
                    if not received:
                        break
                    left -= received
                    if not left:
                        client.send(b'x')
                        left = size
                client.close()

            os.sched_setaffinity(0, {int(sys.argv[2])})
            server = socket.socket()
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind(('0.0.0.0', int(sys.argv[1])))
            server.listen()
            while True:
                threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
            """;

    /** The client, with the arguments of {@link #main} and the number of the CPU that it is to run on. */
    static final String CLIENT = """
            import os, socket, sys, time

            def connect():
                for i in range(200):
                    try:
                        return socket.create_connection((sys.argv[1], int(sys.argv[2])), 10)
                    except OSError:
                        time.sleep(0.05)
                sys.exit('nobody answers at ' + sys.argv[1])

            size, connections, count = map(int, sys.argv[3:6])
            os.sched_setaffinity(0, {int(sys.argv[6])})
            buffer = bytes(1 << 18)
            chunks = [buffer] * (size // len(buffer))
            if size % len(buffer):
                chunks.append(bytes(size % len(buffer)))
            times = []
            for c in range(connections):
                server = connect()
                server.settimeout(None)
                server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                server.sendall(size.to_bytes(8, 'big'))
                for i in range(-(count // 4), count):
                    start = time.perf_counter_ns()
                    for chunk in chunks:
                        server.sendall(chunk)
                    if not server.recv(1):
                        sys.exit('the connection broke')
                    if i >= 0:
                        times.append(time.perf_counter_ns() - start)
                server.close()
            print(sorted(times)[len(times) // 2])
            """;

    private static final int CHUNK = 1 << 18;

    private Traffic() {}

    /**
     * Runs the client.
     *
     * @param args an IPv4 address; a port; the size of a request in bytes, 1 or more; how many connections to make, one
     *     after the other, 1 or more; how many exchanges on each are counted, after a quarter as many that are not, 1
     *     or more. It prints the median of all their durations in nanoseconds
     * @throws IOException if nobody answers in 10 seconds, or the connection breaks
     * @throws InterruptedException if someone interrupts this thread
     */
    @SuppressWarnings("SystemOut")
    public static void main(String[] args) throws IOException, InterruptedException {
        long size = Long.parseLong(args[2]);
        int connections = Integer.parseInt(args[3]);
        int count = Integer.parseInt(args[4]);
        Samples samples = new Samples();
        for (int i = 0; i < connections; i++) {
            try (SocketChannel server = connect(new InetSocketAddress(args[0], Integer.parseInt(args[1])))) {
                exchange(server, size, count, samples);
            }
        }
        System.out.println(samples.median());
    }

    private static SocketChannel connect(InetSocketAddress server) throws IOException, InterruptedException {
        for (int tries = 0; ; tries++) {
            try {
                return SocketChannel.open(server);
            } catch (IOException e) {
                if (tries == 200) {
                    throw e;
                }
                TimeUnit.MILLISECONDS.sleep(50);
            }
        }
    }

    private static void exchange(SocketChannel server, long size, int count, Samples samples) throws IOException {
        server.setOption(StandardSocketOptions.TCP_NODELAY, true);
        server.write(ByteBuffer.allocate(8).putLong(size).flip());
        ByteBuffer chunk = ByteBuffer.allocateDirect((int) Math.min(size, CHUNK));
        ByteBuffer answer = ByteBuffer.allocateDirect(1);
        for (int i = -(count / 4); i < count; i++) {
            long start = System.nanoTime();
            for (long left = size; left > 0; ) {
                chunk.clear().limit((int) Math.min(left, chunk.capacity()));
                left -= server.write(chunk);
            }
            if (server.read(answer.clear()) < 0) {
                throw new IOException("the connection broke");
            }
            if (i >= 0) {
                samples.add(System.nanoTime() - start);
            }
        }
    }
}
