package belljar.virtio;

/**
 * What went through the registers of a device since it was made.
 *
 * @param notifications how often a driver notified the device
 * @param interrupts how often the device interrupted the guest
 * @param activations how often a driver began to use the device
 * @param faults how often a driver did what no driver may
 */
public record TransportMetrics(long notifications, long interrupts, long activations, long faults) {}
