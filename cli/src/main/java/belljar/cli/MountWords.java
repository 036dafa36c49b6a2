package belljar.cli;

import belljar.failure.UserException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The words that mount options are made of, and what they share in all their notations. */
final class MountWords {
    static final String TMPFS_HELP =
            "size=, mode=, nr_inodes=, uid=, gid=, ro, rw, noexec, exec, nosuid, suid, nodev, dev, notmpcopyup";

    private static final List<String> ATTRIBUTES = List.of(
            "ro",
            "rw",
            "exec",
            "noexec",
            "dev",
            "nodev",
            "suid",
            "nosuid",
            "noatime",
            "relatime",
            "strictatime",
            "nodiratime");
    private static final List<String> PROPAGATIONS =
            List.of("private", "rprivate", "slave", "rslave", "shared", "rshared", "unbindable", "runbindable");
    private static final List<String> TMPFS_KEYS =
            List.of("size=", "mode=", "nr_inodes=", "nr_blocks=", "uid=", "gid=");

    private MountWords() {}

    /** {@return whether an option is an attribute that any mount can have} */
    static boolean isAttribute(String option) {
        return ATTRIBUTES.contains(option);
    }

    /** {@return whether an option says how mounts below are passed on (mount_namespaces(7))} */
    static boolean isPropagation(String option) {
        return PROPAGATIONS.contains(option);
    }

    /** {@return whether an option is tmpfs(5)'s, or says whether the image's content is copied into it} */
    static boolean isTmpfs(String option) {
        if (option.equals("tmpcopyup") || option.equals("notmpcopyup")) {
            return true;
        }
        for (String key : TMPFS_KEYS) {
            if (option.startsWith(key) && option.length() > key.length()) {
                return true;
            }
        }
        return false;
    }

    /**
     * {@return a destination that is absolute}
     *
     * @param option the option's name, for messages
     * @param whole the option's value
     * @param destination the destination in it
     */
    static String destination(String option, String whole, String destination) {
        if (!destination.startsWith("/")) {
            throw new UserException("--" + option + " '" + whole + "': the destination '" + destination
                    + "' is not an absolute path; begin it with '/'");
        }
        return destination;
    }

    /** {@return the absolute path of a source on the host; a relative one is below the working directory} */
    static String source(String source) {
        return source.startsWith("/")
                ? source
                : Path.of(source).toAbsolutePath().normalize().toString();
    }

    /** Refuses to relabel where labels count; elsewhere the wish is fulfilled by doing nothing. */
    static void checkRelabel(String option, String whole) {
        if (Files.exists(Path.of("/sys/fs/selinux/enforce"))) {
            throw new UserException("--" + option + " '" + whole
                    + "': SELinux labels are not built yet; label the source with chcon(1) and leave z and Z out");
        }
    }
}
