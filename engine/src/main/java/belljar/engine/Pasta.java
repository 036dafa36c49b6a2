package belljar.engine;

import belljar.failure.HostException;
import belljar.failure.UserException;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The network of containers of an ordinary user, who may make no interfaces on the host: the program pasta(1) of
 * Debian's package passt hands the container's packets on by sockets of that user's. It keeps the network namespace
 * from ending, so it has to be ended with the container.
 */
final class Pasta {
    private static final int SIGTERM = 15;
    private static final String[] PLACES = {"/usr/bin/pasta", "/usr/local/bin/pasta", "/bin/pasta"};

    private Pasta() {}

    private static String program() {
        for (String place : PLACES) {
            if (SmallFile.exists(place)) {
                return place;
            }
        }
        return "";
    }

    /** {@return why it cannot be used on this host, and what mends that; empty when it can} */
    static String hindrance() {
        if (program().isEmpty()) {
            return "the program pasta is not installed; install Debian's package passt";
        }
        return Files.isWritable(Path.of("/dev/net/tun"))
                ? ""
                : "this user may not open /dev/net/tun, which pasta needs; have root run 'chmod 666 /dev/net/tun'";
    }

    /**
     * {@return ports with those of the host chosen that were left open}
     *
     * @throws UserException if one cannot be passed on
     */
    static List<PortRequest> choose(List<PortRequest> ports) {
        List<PortRequest> chosen = new ArrayList<>();
        for (PortRequest port : ports) {
            if (port.protocol().equals("sctp")) {
                throw new UserException("ports of sctp can be published by root only; run this as root");
            }
            int host = port.hostPort() == 0 ? free() : port.hostPort();
            chosen.add(new PortRequest(port.hostAddress(), host, port.containerPort(), port.count(), port.protocol()));
        }
        return chosen;
    }

    private static int free() {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new HostException("no port of the host is free: " + e.getMessage(), e);
        }
    }

    /**
     * Gives a network namespace a way out.
     *
     * @param pid a process in it
     * @param ports what is published, with ports of the host
     * @param pidFile where the program's process is noted for {@link #end}
     * @throws HostException if the program fails, such as for a port that is taken
     */
    static void start(long pid, List<PortRequest> ports, Path pidFile) {
        List<String> words = words(program(), pid, ports, pidFile);
        try {
            // The process that this starts ends when the network is ready; another goes on behind it.
            Process process =
                    new ProcessBuilder(words).redirectErrorStream(true).start();
            process.getOutputStream().close();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            int code = process.waitFor();
            if (code != 0) {
                throw new HostException(
                        "pasta could not connect the container to the network: " + lastLine(said), "pasta", 0);
            }
        } catch (IOException e) {
            throw new HostException("pasta could not be started: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HostException("the start of pasta was interrupted", e);
        }
    }

    private static String lastLine(String text) {
        return text.substring(text.lastIndexOf('\n') + 1);
    }

    /** Ends the program that {@link #start} has started, if there is one. */
    static void end(Path pidFile) {
        String text = SmallFile.read(pidFile.toString()).strip();
        if (text.isEmpty()) {
            return;
        }
        long pid = Long.parseLong(text);
        // The number may have become another process's. There are builds for kinds of processors: pasta.avx2.
        if (SmallFile.read("/proc/" + pid + "/comm").startsWith("pas")) {
            Pause.signal(pid, SIGTERM);
        }
        SmallFile.remove(pidFile.toString());
    }

    /** {@return the command line} */
    static List<String> words(String program, long pid, List<PortRequest> ports, Path pidFile) {
        List<String> words = new ArrayList<>(List.of(program, "--config-net", "--quiet", "--no-map-gw"));
        words.addAll(List.of("--pid", pidFile.toString()));
        // Without these it would show the host's own loopback services to the container.
        words.addAll(List.of("--tcp-ns", "none", "--udp-ns", "none"));
        for (String protocol : List.of("tcp", "udp")) {
            int before = words.size();
            for (PortRequest port : ports) {
                if (port.protocol().equals(protocol)) {
                    String address = port.hostAddress().isEmpty() ? "" : port.hostAddress() + "/";
                    words.addAll(List.of(
                            "--" + protocol + "-ports",
                            address + range(port.hostPort(), port.count()) + ":"
                                    + range(port.containerPort(), port.count())));
                }
            }
            if (words.size() == before) {
                words.addAll(List.of("--" + protocol + "-ports", "none"));
            }
        }
        words.add(Long.toString(pid));
        return words;
    }

    private static String range(int first, int count) {
        return count == 1 ? Integer.toString(first) : first + "-" + (first + count - 1);
    }
}
