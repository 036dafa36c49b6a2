package belljar.network;

import belljar.failure.UserException;
import belljar.linux.IpAddress;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Asks the name servers that the host uses, as its resolv.conf(5) says. Safe for use by several threads. */
public final class HostResolvers {
    private static final String CONF = "/etc/resolv.conf";

    /** Where systemd-resolved writes the servers that it asks itself; the file above then names only itself. */
    private static final String BEHIND_RESOLVED = "/run/systemd/resolve/resolv.conf";

    private static final int PORT = 53;
    private static final int TIMEOUT_MILLIS = 2000;
    private static final int MOST_SERVERS = 3;
    private static final int MOST_UDP = 65_535;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final List<InetSocketAddress> fixed;

    /** Asks the servers that the host's files name at the time of each question. */
    public HostResolvers() {
        this(List.of());
    }

    /** @param fixed the servers; empty for the host's */
    HostResolvers(List<InetSocketAddress> fixed) {
        this.fixed = List.copyOf(fixed);
    }

    /** {@return the servers named in a text like resolv.conf's} */
    static List<IpAddress> servers(String conf) {
        List<IpAddress> servers = new ArrayList<>();
        int at = 0;
        while (at < conf.length()) {
            int newline = conf.indexOf('\n', at);
            String line =
                    conf.substring(at, newline < 0 ? conf.length() : newline).trim();
            at = newline < 0 ? conf.length() : newline + 1;
            if (!line.startsWith("nameserver") || line.length() < 12 || line.charAt(10) > ' ') {
                continue;
            }
            String address = line.substring(11).trim();
            int end = 0;
            while (end < address.length() && address.charAt(end) > ' ' && address.charAt(end) != '%') {
                end++;
            }
            try {
                servers.add(IpAddress.parse(address.substring(0, end)));
            } catch (UserException e) {
                // resolvers pass over such a line too
            }
        }
        return servers;
    }

    /** {@return the host's servers; those behind its own forwarder where that is all that it names} */
    public static List<IpAddress> ofHost() {
        List<IpAddress> servers = servers(Place.readFile(CONF));
        boolean loopback = true;
        for (IpAddress server : servers) {
            loopback &= isLoopback(server);
        }
        if (loopback) {
            List<IpAddress> behind = servers(Place.readFile(BEHIND_RESOLVED));
            return behind.isEmpty() ? servers : behind;
        }
        return servers;
    }

    static boolean isLoopback(IpAddress address) {
        byte[] bytes = address.bytes();
        return bytes.length == 4 ? bytes[0] == 127 : address.equals(IpAddress.parse("::1"));
    }

    private List<InetSocketAddress> servers() throws IOException {
        if (!fixed.isEmpty()) {
            return fixed;
        }
        List<InetSocketAddress> servers = new ArrayList<>();
        for (IpAddress server : ofHost()) {
            servers.add(new InetSocketAddress(InetAddress.getByAddress(server.bytes()), PORT));
        }
        return servers.subList(0, Math.min(MOST_SERVERS, servers.size()));
    }

    /**
     * {@return the answer of the first server that gives one; null where none does within two seconds each}
     *
     * @param question the question
     * @param tcp whether the answer may be of any length
     */
    byte @Nullable [] ask(DnsQuestion question, boolean tcp) {
        try {
            for (InetSocketAddress server : servers()) {
                byte[] answer = tcp ? askTcp(question, server) : askUdp(question, server);
                if (answer != null) {
                    answer[0] = question.message()[0];
                    answer[1] = question.message()[1];
                    return answer;
                }
            }
        } catch (IOException e) {
            return null;
        }
        return null;
    }

    private static byte @Nullable [] askUdp(DnsQuestion question, InetSocketAddress server) {
        byte[] message = question.message();
        int id = newId(message);
        // A port of its own for each question, and only packets from that server: who guesses must guess much.
        try (DatagramSocket socket = new DatagramSocket()) {
            socket.connect(server);
            socket.send(new DatagramPacket(message, message.length));
            long until = System.nanoTime() + TIMEOUT_MILLIS * 1_000_000L;
            byte[] buffer = new byte[MOST_UDP];
            while (true) {
                int left = (int) ((until - System.nanoTime()) / 1_000_000);
                if (left <= 0) {
                    return null;
                }
                socket.setSoTimeout(left);
                DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
                socket.receive(packet);
                if (question.isAnsweredBy(buffer, packet.getLength(), id)) {
                    return Arrays.copyOf(buffer, packet.getLength());
                }
            }
        } catch (IOException e) {
            return null; // nobody there, or too late; the next server is asked
        }
    }

    private static byte @Nullable [] askTcp(DnsQuestion question, InetSocketAddress server) {
        byte[] message = question.message();
        int id = newId(message);
        try (Socket socket = new Socket()) {
            socket.connect(server, TIMEOUT_MILLIS);
            socket.setSoTimeout(TIMEOUT_MILLIS);
            DataOutputStream out = new DataOutputStream(socket.getOutputStream());
            byte[] framed = new byte[message.length + 2];
            framed[0] = (byte) (message.length >> 8);
            framed[1] = (byte) message.length;
            System.arraycopy(message, 0, framed, 2, message.length);
            out.write(framed);
            DataInputStream in = new DataInputStream(socket.getInputStream());
            byte[] answer = new byte[in.readUnsignedShort()];
            in.readFully(answer);
            return question.isAnsweredBy(answer, answer.length, id) ? answer : null;
        } catch (IOException e) {
            return null;
        }
    }

    private static int newId(byte[] message) {
        int id = RANDOM.nextInt(65536);
        message[0] = (byte) (id >> 8);
        message[1] = (byte) id;
        return id;
    }
}
