package belljar.engine;

import java.util.List;

/**
 * An image that a container can start from.
 *
 * @param id the image's id; empty for a plain directory
 * @param defaults what the image says about its containers
 * @param layers its unpacked layers, the topmost first
 * @param health what it says about checks
 * @param inPlace whether the one layer is the root itself, changed in place
 */
record PreparedImage(String id, ImageDefaults defaults, List<String> layers, HealthRequest health, boolean inPlace) {
    PreparedImage {
        layers = List.copyOf(layers);
    }
}
