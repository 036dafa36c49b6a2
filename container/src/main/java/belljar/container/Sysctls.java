package belljar.container;

import belljar.failure.UserException;
import belljar.linux.Batch;
import belljar.linux.Nr;
import belljar.linux.Stub;
import belljar.sandbox.ContainerSpec;
import belljar.sandbox.Namespaces;
import java.util.Map;

/**
 * Kernel parameters of a container. Only those that belong to one of its own namespaces are let through (sysctl(8)).
 */
final class Sysctls {
    private static final int O_WRONLY = 1;

    private final Stub stub;
    private final ContainerSpec spec;

    Sysctls(Stub stub, ContainerSpec spec) {
        this.stub = stub;
        this.spec = spec;
    }

    /**
     * Checks the names before anything is made.
     *
     * @throws UserException if one would reach beyond the container
     */
    static void check(ContainerSpec spec) {
        for (String name : spec.sysctls().keySet()) {
            Namespaces.Origin owner = owner(name.replace('/', '.'), spec.namespaces());
            if (owner == null || name.contains("..") || name.indexOf('\0') >= 0) {
                throw new UserException("the sysctl '" + name
                        + "' belongs to the whole host, not to one container; set it on the host with sysctl(8)");
            }
            if (owner instanceof Namespaces.Host) {
                throw new UserException("the sysctl '" + name
                        + "' would change the host, because the container shares that namespace with it");
            }
        }
    }

    private static Namespaces.@org.jspecify.annotations.Nullable Origin owner(String name, Namespaces namespaces) {
        if (name.startsWith("net.")) {
            return namespaces.network();
        }
        if (name.startsWith("fs.mqueue.")
                || name.startsWith("kernel.shm")
                || name.startsWith("kernel.msg")
                || name.equals("kernel.sem")) {
            return namespaces.ipc();
        }
        if (name.equals("kernel.hostname") || name.equals("kernel.domainname")) {
            return namespaces.uts();
        }
        return null;
    }

    /** Writes the values, from inside the container's namespaces but through the host's {@code /proc}. */
    void apply() {
        if (spec.sysctls().isEmpty()) {
            return;
        }
        try (Batch batch = stub.batch()) {
            for (Map.Entry<String, String> sysctl : spec.sysctls().entrySet()) {
                String name = sysctl.getKey();
                String path = "/proc/sys/" + (name.indexOf('/') >= 0 ? name : name.replace('.', '/'));
                byte[] value = sysctl.getValue().getBytes(java.nio.charset.StandardCharsets.UTF_8);
                String what = "set the sysctl " + name + " to '" + sysctl.getValue() + "'";
                Batch.Step file = batch.step(what, Nr.OPENAT, Mounter.AT_FDCWD, batch.string(path), O_WRONLY);
                batch.step(what, Nr.WRITE, 0, batch.memory().copy(value), value.length)
                        .uses(0, file);
                batch.step(what, Nr.CLOSE, 0).uses(0, file);
            }
            batch.run();
        } catch (belljar.failure.HostException e) {
            throw new UserException(e.getMessage() + "; check its name and value with sysctl(8)", e);
        }
    }
}
