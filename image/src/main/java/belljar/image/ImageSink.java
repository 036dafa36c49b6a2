package belljar.image;

/** Somewhere one image can be sent to, named and chosen already. */
public interface ImageSink {
    /** {@return the sink as a person wrote it, such as {@code docker-archive:/tmp/x.tar}, for messages} */
    String description();

    /**
     * Sends an image.
     *
     * @param store where it is
     * @param image which
     * @param progress told how far it is
     * @throws belljar.failure.UserException if the sink refuses it
     * @throws belljar.failure.HostException if the network or a disk fails
     */
    void send(ContentStore store, StoredImage image, Progress progress);
}
