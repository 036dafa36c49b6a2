package belljar.virtio;

/**
 * What a {@link NetDevice} has done since it was made.
 *
 * @param received frames given to the guest
 * @param receivedBytes bytes of these, without headers
 * @param sent frames that the wire took from the guest
 * @param sentBytes bytes of these, without headers
 * @param dropped frames of either direction that were lost
 */
public record NetMetrics(long received, long receivedBytes, long sent, long sentBytes, long dropped) {}
