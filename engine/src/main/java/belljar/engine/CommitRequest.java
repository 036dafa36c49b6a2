package belljar.engine;

import java.util.List;

/**
 * How an image is made of a container.
 *
 * @param name the image's name; empty for none
 * @param author who made it; may be empty
 * @param message a remark for its history; may be empty
 * @param changes instructions of a Dockerfile, such as {@code CMD ["sh"]}
 * @param squash whether the image has one layer with all files, instead of one more than the container's image
 * @param docker whether its documents have Docker's media types rather than OCI's
 */
public record CommitRequest(
        String name, String author, String message, List<String> changes, boolean squash, boolean docker) {
    /** Copies the list. */
    public CommitRequest {
        changes = List.copyOf(changes);
    }
}
