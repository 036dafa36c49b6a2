package belljar.virtio;

/**
 * What a {@link NetDevice} has done since it was made.
 *
 * @param received frames given to the guest
 * @param receivedBytes bytes of these, without headers
 * @param sent frames that the wire took from the guest
 * @param sentBytes bytes of these, without headers
 * @param dropped frames of either direction that were lost
 * @param delays how often a direction had to wait for its limit
 */
public record NetMetrics(long received, long receivedBytes, long sent, long sentBytes, long dropped, long delays) {}
