package belljar.engine;

/**
 * A device of the host to pass on.
 *
 * @param source the device node on the host, absolute
 * @param destination where it appears inside the container, absolute
 * @param access letters of {@code rwm}
 */
public record DeviceRequest(String source, String destination, String access) {}
