package belljar.api;

import belljar.engine.MountRequest;
import belljar.engine.NamespaceMode;
import belljar.engine.NetworkAttachment;
import belljar.engine.NetworkRequest;
import belljar.engine.PortRequest;
import belljar.engine.ProcessRequest;
import belljar.engine.RunRequest;
import belljar.engine.StorageRequest;
import belljar.failure.UserException;
import belljar.sandbox.Resources;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * What is to be run, and within which bounds. Immutable; each {@code with} method gives a changed copy, so a plan can
 * be a constant that many containers are started from, by any thread.
 *
 * <pre>{@code
 * ContainerPlan plan = ContainerPlan.of("docker.io/library/postgres:17")
 *         .withEnv("POSTGRES_PASSWORD", "secret")
 *         .withVolume("data", "/var/lib/postgresql/data")
 *         .withMemory(512L << 20)
 *         .withPort(0, 5432);
 * }</pre>
 *
 * <p>What has no method here can be asked for in the engine's own words, by a {@link RunRequest}.
 *
 * @param request the whole request; a terminal cannot be asked for
 */
public record ContainerPlan(RunRequest request) {
    private static final long CPU_PERIOD_MICROS = 100_000;

    /**
     * Checks that no terminal is asked for.
     *
     * @throws UserException if one is
     */
    public ContainerPlan {
        if (request.process().tty()) {
            throw new UserException("containers of a program have streams and no terminal; leave the terminal out");
        }
    }

    /**
     * {@return a plan for an image's own command with every default: no network but the engine's default, no limits}
     *
     * @param image any name that {@code belljar run} takes, such as {@code docker.io/library/redis:7},
     *     {@code apt:redis-server}, {@code oci-archive:FILE} or {@code dir:ROOTFS}
     */
    public static ContainerPlan of(String image) {
        return new ContainerPlan(RunRequest.of(image));
    }

    /**
     * {@return the same with another name}
     *
     * @param name the container's name, unique in its engine; empty to have one made up
     */
    public ContainerPlan withName(String name) {
        return new ContainerPlan(request.withName(name));
    }

    /**
     * {@return the same with another command}
     *
     * @param args the program and its arguments, behind the image's entrypoint if it has one
     */
    public ContainerPlan withCommand(String... args) {
        return process(
                List.of(args),
                process().env(),
                process().user(),
                process().workdir(),
                process().interactive());
    }

    /**
     * {@return the same with a further environment variable}
     *
     * @param name its name
     * @param value its value; wins over the image's and over an earlier one
     */
    public ContainerPlan withEnv(String name, String value) {
        List<String> env = new ArrayList<>(process().env());
        env.add(name + "=" + value);
        return process(
                process().command(),
                env,
                process().user(),
                process().workdir(),
                process().interactive());
    }

    /**
     * {@return the same as another user}
     *
     * @param user {@code name|uid[:group|gid]}; names are looked up in the image
     */
    public ContainerPlan withUser(String user) {
        return process(
                process().command(),
                process().env(),
                user,
                process().workdir(),
                process().interactive());
    }

    /**
     * {@return the same in another working directory}
     *
     * @param path absolute, in the container
     */
    public ContainerPlan withDirectory(String path) {
        return process(
                process().command(),
                process().env(),
                process().user(),
                path,
                process().interactive());
    }

    /** {@return the same with a standard input, which {@link Container#stdin()} writes to; otherwise it is empty} */
    public ContainerPlan withInput() {
        return process(
                process().command(),
                process().env(),
                process().user(),
                process().workdir(),
                true);
    }

    /**
     * {@return the same with a file or directory of the host}
     *
     * @param source on the host; must exist
     * @param destination where in the container, absolute
     */
    public ContainerPlan withBind(Path source, String destination) {
        return withMount(new MountRequest.Bind(source.toAbsolutePath().toString(), destination, List.of()));
    }

    /**
     * {@return the same with a file or directory of the host that the container cannot change}
     *
     * @param source on the host; must exist
     * @param destination where in the container, absolute
     */
    public ContainerPlan withReadOnlyBind(Path source, String destination) {
        return withMount(new MountRequest.Bind(source.toAbsolutePath().toString(), destination, List.of("ro")));
    }

    /**
     * {@return the same with a volume, which outlives the container when it has a name}
     *
     * @param name the volume's name, made when there is none; empty for one that goes with the container
     * @param destination where in the container, absolute
     */
    public ContainerPlan withVolume(String name, String destination) {
        return withMount(new MountRequest.Volume(name, destination, List.of()));
    }

    /**
     * {@return the same with a file system in memory}
     *
     * @param destination where in the container, absolute
     */
    public ContainerPlan withTmpfs(String destination) {
        return withMount(new MountRequest.Tmpfs(destination, List.of()));
    }

    /**
     * {@return the same with a further mount}
     *
     * @param mount what to mount
     */
    public ContainerPlan withMount(MountRequest mount) {
        StorageRequest old = request.storage();
        List<MountRequest> mounts = new ArrayList<>(old.mounts());
        mounts.add(mount);
        return new ContainerPlan(request.withStorage(new StorageRequest(
                mounts, old.devices(), old.readonlyRoot(), old.readonlyTmpfs(), old.shmSize(), old.imageVolumes())));
    }

    /** {@return the same with a root file system that the container cannot change, but for /run, /tmp and /var/tmp} */
    public ContainerPlan withReadOnlyRoot() {
        StorageRequest old = request.storage();
        return new ContainerPlan(request.withStorage(new StorageRequest(
                old.mounts(), old.devices(), true, old.readonlyTmpfs(), old.shmSize(), old.imageVolumes())));
    }

    /**
     * {@return the same with a limit on memory; who needs more is killed, and the exit code is 137}
     *
     * @param bytes how many, more than 0
     */
    public ContainerPlan withMemory(long bytes) {
        Resources old = request.resources();
        return limits(old, old.cpuQuota(), old.cpuPeriod(), OptionalLong.of(bytes), old.pids());
    }

    /**
     * {@return the same with a limit on CPU time}
     *
     * @param cpus how many CPUs' worth, at least 0.01; 1.5 is one and a half
     */
    public ContainerPlan withCpus(double cpus) {
        if (!(cpus >= 0.01 && cpus <= 100_000)) {
            throw new UserException(cpus + " CPUs cannot be given; ask for 0.01 or more");
        }
        Resources old = request.resources();
        OptionalLong quota = OptionalLong.of(Math.round(cpus * CPU_PERIOD_MICROS));
        return limits(old, quota, OptionalLong.of(CPU_PERIOD_MICROS), old.memory(), old.pids());
    }

    /**
     * {@return the same with a limit on processes and threads}
     *
     * @param most how many at a time, at least 1
     */
    public ContainerPlan withPids(long most) {
        Resources old = request.resources();
        return limits(old, old.cpuQuota(), old.cpuPeriod(), old.memory(), OptionalLong.of(most));
    }

    /**
     * {@return the same with another network}
     *
     * @param mode {@link NamespaceMode#NONE}, {@link NamespaceMode#HOST}, or that of another container
     */
    public ContainerPlan withNetwork(NamespaceMode mode) {
        NetworkRequest old = request.network();
        return network(mode, old.hostname(), List.of(), old.ports());
    }

    /**
     * {@return the same connected to a further network with a name}
     *
     * @param name the network's name
     */
    public ContainerPlan withNetwork(String name) {
        NetworkRequest old = request.network();
        List<NetworkAttachment> networks = new ArrayList<>(old.networks());
        networks.add(NetworkAttachment.to(name));
        return network(NamespaceMode.DEFAULT, old.hostname(), networks, old.ports());
    }

    /**
     * {@return the same with a TCP port of the host's loopback address that leads to the container}
     *
     * @param hostPort the host's port, 1 to 65535; 0 for a free one, which {@link Container#publishedPort} tells
     * @param containerPort the container's port, 1 to 65535
     */
    public ContainerPlan withPort(int hostPort, int containerPort) {
        return withPort(new PortRequest("127.0.0.1", hostPort, containerPort, 1, "tcp"));
    }

    /**
     * {@return the same with further ports of the host that lead to the container}
     *
     * @param port which
     */
    public ContainerPlan withPort(PortRequest port) {
        NetworkRequest old = request.network();
        List<PortRequest> ports = new ArrayList<>(old.ports());
        ports.add(port);
        return network(old.mode(), old.hostname(), old.networks(), ports);
    }

    /**
     * {@return the same with another host name}
     *
     * @param hostname the name; empty for the beginning of the container's id
     */
    public ContainerPlan withHostname(String hostname) {
        NetworkRequest old = request.network();
        return network(old.mode(), hostname, old.networks(), old.ports());
    }

    /**
     * {@return the same with a further label}
     *
     * @param name its name
     * @param value its value
     */
    public ContainerPlan withLabel(String name, String value) {
        Map<String, String> labels = new HashMap<>(request.labels());
        labels.put(name, value);
        return new ContainerPlan(request.withLabels(labels));
    }

    private ProcessRequest process() {
        return request.process();
    }

    private ContainerPlan process(List<String> command, List<String> env, String user, String dir, boolean input) {
        ProcessRequest old = process();
        return new ContainerPlan(request.withProcess(new ProcessRequest(
                command,
                old.entrypoint(),
                env,
                old.unsetEnv(),
                old.unsetAllEnv(),
                user,
                old.groups(),
                dir,
                false,
                input,
                old.init(),
                old.stopSignal(),
                old.umask(),
                old.oomScoreAdj(),
                old.rlimits())));
    }

    private ContainerPlan network(
            NamespaceMode mode, String hostname, List<NetworkAttachment> networks, List<PortRequest> ports) {
        NetworkRequest old = request.network();
        return new ContainerPlan(request.withNetwork(new NetworkRequest(
                mode,
                hostname,
                old.addHosts(),
                old.noHosts(),
                old.dns(),
                old.dnsSearch(),
                old.dnsOptions(),
                networks,
                ports,
                old.publishAll(),
                old.exposed())));
    }

    private ContainerPlan limits(
            Resources old, OptionalLong quota, OptionalLong period, OptionalLong memory, OptionalLong pids) {
        return new ContainerPlan(request.withResources(new Resources(
                quota,
                period,
                old.cpuShares(),
                old.cpusetCpus(),
                old.cpusetMems(),
                memory,
                old.memorySwap(),
                old.memoryReservation(),
                pids,
                old.ioWeight(),
                old.deviceRules())));
    }
}
