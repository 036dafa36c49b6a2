package belljar.image;

/**
 * Somewhere one image can be fetched from, named and chosen already: one tag of a registry, one archive, one directory.
 */
public interface ImageSource {
    /** {@return the source as a person wrote it, such as {@code oci:/tmp/x:latest}, for messages} */
    String description();

    /**
     * Brings the image into a store: its manifest, configuration and layers as blobs, and then
     * {@link ContentStore#commit}. Blobs that the store has are not fetched again; what an interrupted fetch left is
     * used where the source allows it. Layers are not unpacked; that is the caller's next step.
     *
     * @param store where to
     * @param progress told how far it is
     * @return the image, now in the store
     * @throws belljar.failure.UserException if there is no such image or it is damaged
     * @throws belljar.failure.HostException if the network, a disk or a helper program fails
     */
    StoredImage fetchInto(ContentStore store, Progress progress);
}
