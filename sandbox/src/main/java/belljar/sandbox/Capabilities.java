package belljar.sandbox;

import java.util.Set;

/**
 * The five capability sets of a process, as in capabilities(7). Names are the kernel's, such as {@code CAP_CHOWN}.
 *
 * @param bounding what execve(2) can ever grant
 * @param effective what the kernel checks
 * @param permitted what the process may make effective
 * @param inheritable what survives execve(2) of a file that asks for it
 * @param ambient what survives execve(2) of any file for a user other than root
 */
public record Capabilities(
        Set<String> bounding,
        Set<String> effective,
        Set<String> permitted,
        Set<String> inheritable,
        Set<String> ambient) {
    /** Copies the sets. */
    public Capabilities {
        bounding = Set.copyOf(bounding);
        effective = Set.copyOf(effective);
        permitted = Set.copyOf(permitted);
        inheritable = Set.copyOf(inheritable);
        ambient = Set.copyOf(ambient);
    }
}
