package belljar.image;

import java.util.List;

/** Knows which images are in use; the engine's book of containers is the usual one. */
@FunctionalInterface
public interface ImageUsers {
    /** Nothing is in use. */
    ImageUsers NONE = id -> List.of();

    /**
     * {@return the names of the containers that need an image}
     *
     * @param id the image's id
     */
    List<String> of(Digest id);
}
