package belljar.image;

import java.util.Optional;

/**
 * One line of the list of images.
 *
 * @param name a name that leads to the image; empty where it has none
 * @param packages the {@code apt:} text that it was made from, which finds it as a name does; empty where there is none
 * @param image the image
 */
public record ImageSummary(Optional<Reference> name, String packages, StoredImage image) {}
