package belljar.image;

import java.util.List;

/**
 * What an image made of a container is to say of itself.
 *
 * @param author who made it; may be empty
 * @param message a remark for its history; may be empty
 * @param createdBy the command that made it, for its history
 * @param changes instructions of a Dockerfile, such as {@code CMD ["sh"]}
 * @param docker whether its documents have Docker's media types rather than OCI's
 */
public record CommitOptions(String author, String message, String createdBy, List<String> changes, boolean docker) {
    /** Copies the list. */
    public CommitOptions {
        changes = List.copyOf(changes);
    }
}
