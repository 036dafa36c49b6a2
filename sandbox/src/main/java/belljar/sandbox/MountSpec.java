package belljar.sandbox;

import java.util.List;

/**
 * Something mounted inside a container.
 *
 * @param destination where, as an absolute path inside the container; made when it does not exist, and resolved so that
 *     no link in the image can lead it outside the root
 * @param type {@code bind}, {@code tmpfs}, {@code proc}, {@code sysfs}, {@code devpts}, {@code mqueue}, {@code cgroup}
 *     or another file system type of the kernel's; {@link #JOINED} for what another process has at the same place
 * @param source a path on the host for {@code bind}, that of a mount namespace for {@link #JOINED}, otherwise the file
 *     system's source
 * @param options as in the OCI runtime specification: {@code ro}, {@code rw}, {@code nosuid}, {@code nodev},
 *     {@code noexec}, {@code bind}, {@code rbind}, {@code rprivate} and its kin, {@code rro}, {@code tmpcopyup},
 *     {@code size=64m} and whatever else the file system takes
 */
public record MountSpec(String destination, String type, String source, List<String> options) {
    /** The type of what is mounted at the same place in another mount namespace. */
    public static final String JOINED = "joined";

    /** Copies the options. */
    public MountSpec {
        options = List.copyOf(options);
    }
}
