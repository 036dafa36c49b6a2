package belljar.network;

import belljar.failure.HostException;
import belljar.linux.IpAddress;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Answers one network's containers when they ask for names, by UDP and TCP on one address of its gateway (RFC 1035). It
 * knows the running containers of the network; other names it has the host's servers answer, unless the network is
 * internal. Whoever is not of the network gets no answer, nor does what is not a question; so nobody's packets are
 * multiplied. Runs on threads of its own until closed.
 */
public final class NameServer implements AutoCloseable {
    private static final int MOST_QUESTION = 4096;
    private static final int MOST_AT_ONCE = 256;
    private static final int MOST_CONNECTIONS = 64;
    private static final int IDLE_MILLIS = 10_000;

    private final DatagramSocket packets;
    private final ServerSocket connections;
    private final HostResolvers resolvers;
    private final boolean forwards;
    private final Semaphore questions = new Semaphore(MOST_AT_ONCE);
    private final Semaphore clients = new Semaphore(MOST_CONNECTIONS);
    private volatile DnsNames names;

    private NameServer(
            DatagramSocket packets,
            ServerSocket connections,
            HostResolvers resolvers,
            boolean forwards,
            DnsNames names) {
        this.packets = packets;
        this.connections = connections;
        this.resolvers = resolvers;
        this.forwards = forwards;
        this.names = names;
    }

    /**
     * Starts to answer.
     *
     * @param network whose names
     * @param attachments who is in it now
     * @param address where: an address of the gateway's
     * @param port the port, 53; 0 for any that is free
     * @param resolvers who is asked for other names
     * @return the running server
     * @throws HostException if the port is not to be had, as when another name server listens on all addresses
     */
    public static NameServer start(
            Network network, List<Attachment> attachments, IpAddress address, int port, HostResolvers resolvers) {
        DatagramSocket packets = null;
        try {
            InetAddress host = InetAddress.getByAddress(address.bytes());
            packets = new DatagramSocket(new InetSocketAddress(host, port));
            ServerSocket connections = new ServerSocket(packets.getLocalPort(), 64, host);
            NameServer server = new NameServer(
                    packets, connections, resolvers, !network.internal(), new DnsNames(network, attachments));
            Thread.ofPlatform().daemon().name("names by UDP on " + address).start(server::servePackets);
            Thread.ofPlatform().daemon().name("names by TCP on " + address).start(server::serveConnections);
            return server;
        } catch (IOException e) {
            if (packets != null) {
                packets.close();
            }
            throw new HostException(
                    "names of the network '" + network.name() + "' cannot be answered at " + address + " port " + port
                            + ": " + e.getMessage() + "; if another name server of the host listens there, restrict it",
                    e);
        }
    }

    /** {@return the port it listens on} */
    public int port() {
        return packets.getLocalPort();
    }

    /**
     * Tells who is in the network now.
     *
     * @param network the network
     * @param attachments who is in it
     */
    public void update(Network network, List<Attachment> attachments) {
        names = new DnsNames(network, attachments);
    }

    private void servePackets() {
        byte[] buffer = new byte[MOST_QUESTION];
        while (!packets.isClosed()) {
            try {
                DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
                packets.receive(packet);
                byte[] message = Arrays.copyOf(buffer, packet.getLength());
                DnsQuestion question = own(packet.getAddress()) ? DnsQuestion.parse(message) : null;
                if (question == null) {
                    continue;
                }
                byte[] known = local(question);
                if (known != null) {
                    reply(question.fitToPacket(known), packet);
                } else if (questions.tryAcquire()) {
                    // Too many at once are dropped: who asked asks again.
                    Thread.startVirtualThread(() -> forward(question, packet));
                }
            } catch (IOException e) {
                if (packets.isClosed()) {
                    return;
                }
            }
        }
    }

    private void forward(DnsQuestion question, DatagramPacket from) {
        try {
            reply(elsewhere(question, false), from);
        } finally {
            questions.release();
        }
    }

    private void reply(byte[] answer, DatagramPacket to) {
        try {
            packets.send(new DatagramPacket(answer, answer.length, to.getSocketAddress()));
        } catch (IOException e) {
            return; // the asker is gone; nobody is left to be told
        }
    }

    private boolean own(@Nullable InetAddress asker) {
        return asker != null && names.covers(IpAddress.of(asker.getAddress()));
    }

    private void serveConnections() {
        while (!connections.isClosed()) {
            try {
                Socket client = connections.accept();
                if (own(client.getInetAddress()) && clients.tryAcquire()) {
                    Thread.startVirtualThread(() -> serve(client));
                } else {
                    client.close();
                }
            } catch (IOException e) {
                if (connections.isClosed()) {
                    return;
                }
            }
        }
    }

    private void serve(Socket client) {
        try (client) {
            client.setSoTimeout(IDLE_MILLIS);
            DataInputStream in = new DataInputStream(client.getInputStream());
            OutputStream out = client.getOutputStream();
            while (true) {
                int length = in.readUnsignedShort();
                if (length > MOST_QUESTION) {
                    return;
                }
                byte[] message = new byte[length];
                in.readFully(message);
                DnsQuestion question = DnsQuestion.parse(message);
                if (question == null) {
                    return;
                }
                byte[] known = local(question);
                byte[] answer = known != null ? known : elsewhere(question, true);
                byte[] framed = new byte[answer.length + 2];
                framed[0] = (byte) (answer.length >> 8);
                framed[1] = (byte) answer.length;
                System.arraycopy(answer, 0, framed, 2, answer.length);
                out.write(framed);
            }
        } catch (IOException e) {
            return; // the client has said all it wanted, or too little in time
        } finally {
            clients.release();
        }
    }

    /** {@return the answer to what this network knows; null for what others must be asked} */
    private byte @Nullable [] local(DnsQuestion question) {
        DnsNames now = names;
        if (now.has(question.name())) {
            return question.answer(DnsQuestion.OK, now.addresses(question.name()));
        }
        IpAddress address = question.reversed();
        if (address != null && now.covers(address)) {
            String name = now.name(address).orElse("");
            boolean asked = question.type() == DnsQuestion.PTR || question.type() == DnsQuestion.ANY;
            return name.isEmpty()
                    ? question.answer(DnsQuestion.NO_NAME, List.of())
                    : asked ? question.answerName(name) : question.answer(DnsQuestion.OK, List.of());
        }
        return forwards ? null : question.answer(DnsQuestion.NO_NAME, List.of());
    }

    private byte[] elsewhere(DnsQuestion question, boolean tcp) {
        byte[] answer = resolvers.ask(question, tcp);
        return answer != null ? answer : question.answer(DnsQuestion.FAILED, List.of());
    }

    /** Ends it at once; questions that are under way get no answer. */
    @Override
    public void close() {
        packets.close();
        try {
            connections.close();
        } catch (IOException e) {
            return; // closed nevertheless
        }
    }
}
