package belljar.engine;

import java.util.List;

/**
 * Which users a container's {@code /etc/passwd} has beyond the image's.
 *
 * @param own whether the user of the first process is entered where the image does not know the id
 * @param entry the line for that user; {@code $USERNAME}, {@code $UID}, {@code $GID}, {@code $NAME} and {@code $HOME}
 *     stand for what the line would else have; empty for the default
 * @param hostUsers users of the host to be entered, by name or id
 */
public record UserEntries(boolean own, String entry, List<String> hostUsers) {
    /** The user of the first process, as Podman has it. */
    public static final UserEntries DEFAULT = new UserEntries(true, "", List.of());

    /** Copies the list. */
    public UserEntries {
        hostUsers = List.copyOf(hostUsers);
    }
}
