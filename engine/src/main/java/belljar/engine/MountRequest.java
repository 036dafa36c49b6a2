package belljar.engine;

import java.util.List;

/** Something to mount inside a container. */
public sealed interface MountRequest {
    /** {@return where, as an absolute path inside the container} */
    String destination();

    /** {@return mount options as {@link belljar.sandbox.MountSpec} has them} */
    List<String> options();

    /**
     * A file or directory of the host.
     *
     * @param source its path, absolute; must exist
     * @param destination where
     * @param options mount options; recursive and private where they do not say otherwise; {@code U} to give it to the
     *     container's user
     */
    record Bind(String source, String destination, List<String> options) implements MountRequest {
        /** Copies the options. */
        public Bind {
            options = List.copyOf(options);
        }
    }

    /**
     * A volume: a directory that Belljar keeps.
     *
     * @param name its name, made when it does not exist; empty for one that goes with the container
     * @param destination where
     * @param options mount options, {@code nocopy} for a volume that hides what the image has there, and {@code U} to
     *     give it to the container's user
     */
    record Volume(String name, String destination, List<String> options) implements MountRequest {
        /** Copies the options. */
        public Volume {
            options = List.copyOf(options);
        }
    }

    /**
     * A file system in memory.
     *
     * @param destination where
     * @param options mount options; {@code nosuid}, {@code nodev} and {@code tmpcopyup} unless their opposites stand
     *     there
     */
    record Tmpfs(String destination, List<String> options) implements MountRequest {
        /** Copies the options. */
        public Tmpfs {
            options = List.copyOf(options);
        }
    }
}
