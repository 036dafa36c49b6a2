package belljar.sandbox;

import java.util.List;
import java.util.Map;

/**
 * Everything that is to be known about a container before it is created.
 *
 * @param id the container's id: 1 to 64 characters of {@code [a-zA-Z0-9_.-]}, unique on the host for its state root
 * @param root the root file system
 * @param process the first process
 * @param namespaces which of the host's resources the container has for itself
 * @param idMaps how the ids of a user namespace map to the host's; {@link IdMaps#NONE} without one
 * @param hostname the host name in the container's UTS namespace; empty to leave it alone
 * @param domainname the NIS domain name; empty to leave it alone
 * @param mounts what is mounted below the root, in order
 * @param devices device nodes made in {@code /dev} beyond the ones every container has
 * @param resources limits on what may be used
 * @param seccomp which system calls are allowed
 * @param maskedPaths absolute paths that shall appear empty; absent ones are passed over
 * @param readonlyPaths absolute paths that shall be read-only; absent ones are passed over
 * @param sysctls kernel parameters of the container's namespaces, by dotted name
 * @param rootPropagation propagation of the root mount: {@code private}, {@code slave}, {@code shared}, or the same
 *     with an {@code r} before it for recursion; empty for the default, {@code rprivate}
 */
public record ContainerSpec(
        String id,
        RootSpec root,
        ProcessSpec process,
        Namespaces namespaces,
        IdMaps idMaps,
        String hostname,
        String domainname,
        List<MountSpec> mounts,
        List<DeviceSpec> devices,
        Resources resources,
        SeccompSpec seccomp,
        List<String> maskedPaths,
        List<String> readonlyPaths,
        Map<String, String> sysctls,
        String rootPropagation) {
    /** Copies the collections. */
    public ContainerSpec {
        mounts = List.copyOf(mounts);
        devices = List.copyOf(devices);
        maskedPaths = List.copyOf(maskedPaths);
        readonlyPaths = List.copyOf(readonlyPaths);
        sysctls = Map.copyOf(sysctls);
    }
}
