package belljar.engine;

import belljar.sandbox.IdMaps;
import java.nio.file.Path;
import java.util.List;

/**
 * What the engine has prepared on the host for one container.
 *
 * @param id the container's id
 * @param layers the image's unpacked layers, the topmost first, or the one directory that is the root
 * @param upper directory for the container's changes; empty to use the only layer in place
 * @param work overlayfs's work directory; empty without {@code upper}
 * @param files an existing directory of this container's own; generated files and anonymous volumes are made in it
 * @param volumes the directory of named volumes, made when needed
 * @param idMaps the mapping of the container's user namespace; {@link IdMaps#NONE} when it has none of its own
 * @param rootless whether Belljar lacks the host's root privileges
 * @param neighbours finds other containers
 */
public record RunSite(
        String id,
        List<String> layers,
        String upper,
        String work,
        Path files,
        Path volumes,
        IdMaps idMaps,
        boolean rootless,
        Neighbours neighbours) {
    /** Copies the layers. */
    public RunSite {
        layers = List.copyOf(layers);
    }

    /** Finds other containers. */
    public interface Neighbours {
        /**
         * {@return the process id, as the host sees it, of a running container's first process}
         *
         * @param nameOrId the container's name or id
         * @throws belljar.failure.UserException if there is none of that name or it does not run
         */
        long pid(String nameOrId);
    }
}
