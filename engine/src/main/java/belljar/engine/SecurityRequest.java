package belljar.engine;

import belljar.sandbox.SeccompSpec;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is asked of the fences around a container.
 *
 * @param privileged whether the fences are taken down: every capability and device, no filter, nothing masked
 * @param capAdd capabilities to add, by name with or without {@code CAP_}, or {@code ALL}
 * @param capDrop capabilities to take away, named likewise
 * @param seccomp which system calls are allowed; empty for the default, or for none when privileged
 * @param noNewPrivileges whether execve(2) may grant privileges; empty for "it may not" unless privileged
 * @param mask more paths to hide, absolute
 * @param unmask default masked or read-only paths to lay open; a name that ends in {@code /*} stands for all below, and
 *     {@code ALL} for every one
 * @param sysctls kernel parameters of the container's namespaces, by dotted name
 */
public record SecurityRequest(
        boolean privileged,
        List<String> capAdd,
        List<String> capDrop,
        Optional<SeccompSpec> seccomp,
        Optional<Boolean> noNewPrivileges,
        List<String> mask,
        List<String> unmask,
        Map<String, String> sysctls) {
    /** Every fence up. */
    public static final SecurityRequest DEFAULT = new SecurityRequest(
            false, List.of(), List.of(), Optional.empty(), Optional.empty(), List.of(), List.of(), Map.of());

    /** Copies the collections. */
    public SecurityRequest {
        capAdd = List.copyOf(capAdd);
        capDrop = List.copyOf(capDrop);
        mask = List.copyOf(mask);
        unmask = List.copyOf(unmask);
        sysctls = Map.copyOf(sysctls);
    }
}
