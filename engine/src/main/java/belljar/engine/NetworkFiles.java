package belljar.engine;

import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.sandbox.MountSpec;
import belljar.sandbox.Namespaces;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Writes the files that tell a container its names: {@code /etc/hostname}, {@code /etc/hosts}, resolv.conf(5). */
final class NetworkFiles {
    static final String LOCALHOST = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n";

    private final NetworkRequest request;
    private final boolean ownNetwork;
    private final Path directory;
    private final List<String> options;

    /**
     * @param request what is asked
     * @param network where the network namespace comes from
     * @param directory where the files are written
     * @param readonly whether the container may only read them
     */
    NetworkFiles(NetworkRequest request, Namespaces.Origin network, Path directory, boolean readonly) {
        this.request = request;
        this.ownNetwork = network instanceof Namespaces.Private;
        this.directory = directory;
        this.options = readonly ? List.of("bind", "rprivate", "ro") : List.of("bind", "rprivate");
    }

    /**
     * Writes the files.
     *
     * @param hostname the container's host name
     * @param containerName the container's name, empty for none
     * @return the mounts that show them to the container
     */
    List<MountSpec> write(String hostname, String containerName) {
        List<MountSpec> mounts = new ArrayList<>(3);
        mounts.add(file("hostname", "/etc/hostname", hostname + "\n"));
        if (request.noHosts()) {
            if (!request.addHosts().isEmpty()) {
                throw new UserException("--add-host and --no-hosts contradict each other; give only one of them");
            }
        } else {
            mounts.add(file("hosts", "/etc/hosts", hosts(hostname, containerName)));
        }
        boolean custom = !request.dns().isEmpty()
                || !request.dnsSearch().isEmpty()
                || !request.dnsOptions().isEmpty();
        if (custom || !ownNetwork || ContainerNetworks.connects(request)) {
            mounts.add(file("resolv.conf", "/etc/resolv.conf", custom ? resolvConf() : ofHost("/etc/resolv.conf")));
        }
        return mounts;
    }

    private String hosts(String hostname, String containerName) {
        StringBuilder text = new StringBuilder();
        for (NetworkRequest.HostEntry entry : request.addHosts()) { // first, since the first match wins
            text.append(entry.address()).append('\t').append(entry.name()).append('\n');
        }
        if (ownNetwork) {
            text.append(LOCALHOST).append("127.0.1.1\t").append(hostname);
            if (!containerName.isEmpty() && !containerName.equals(hostname)) {
                text.append(' ').append(containerName);
            }
            text.append('\n');
        } else {
            String host = ofHost("/etc/hosts");
            text.append(host.isEmpty() ? LOCALHOST : host);
        }
        return text.toString();
    }

    private String resolvConf() {
        StringBuilder text = new StringBuilder();
        if (!request.dnsSearch().isEmpty()) {
            text.append("search");
            for (String domain : request.dnsSearch()) {
                text.append(' ').append(domain);
            }
            text.append('\n');
        }
        for (String server : request.dns()) {
            text.append("nameserver ").append(server).append('\n');
        }
        if (request.dns().isEmpty() && !ownNetwork) {
            appendNameservers(ofHost("/etc/resolv.conf"), text);
        }
        if (!request.dnsOptions().isEmpty()) {
            text.append("options");
            for (String option : request.dnsOptions()) {
                text.append(' ').append(option);
            }
            text.append('\n');
        }
        return text.toString();
    }

    private static void appendNameservers(String conf, StringBuilder text) {
        int at = 0;
        while (at < conf.length()) {
            int newline = conf.indexOf('\n', at);
            int end = newline < 0 ? conf.length() : newline;
            if (conf.startsWith("nameserver", at)) {
                text.append(conf, at, end).append('\n');
            }
            at = end + 1;
        }
    }

    private static String ofHost(String path) {
        try {
            return Files.readString(Path.of(path));
        } catch (NoSuchFileException e) {
            return "";
        } catch (IOException e) {
            throw new HostException("the host's " + path + " cannot be read: " + e.getMessage(), e);
        }
    }

    private MountSpec file(String name, String destination, String content) {
        Path path = directory.resolve(name);
        write(path, content);
        return new MountSpec(destination, "bind", path.toString(), options);
    }

    /** Writes a file that is mounted in a container, in place, since a mount is of the file and not of its name. */
    static void write(Path path, String content) {
        SmallFile.overwrite(path.toString(), content);
    }
}
