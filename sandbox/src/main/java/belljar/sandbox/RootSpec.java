package belljar.sandbox;

import java.util.List;

/**
 * The root file system of a container.
 *
 * @param layers directories on the host, the topmost layer first; never written to when {@code upper} is given. Exactly
 *     one when {@code upper} is empty
 * @param upper directory that takes the container's changes (overlayfs upperdir); empty to use the only layer in place
 * @param work overlayfs's workdir, an empty directory on the same file system as {@code upper}; empty without one
 * @param readonly whether the container sees its root read-only
 * @param discarded whether the changes are thrown away when the container ends, so that they need never reach the disk
 */
public record RootSpec(List<String> layers, String upper, String work, boolean readonly, boolean discarded) {
    /** Copies the list and checks it. */
    public RootSpec {
        layers = List.copyOf(layers);
        if (layers.isEmpty() || upper.isEmpty() && layers.size() != 1 || upper.isEmpty() != work.isEmpty()) {
            throw new IllegalArgumentException("a root is one directory, or layers with an upper and a work directory");
        }
    }
}
