/**
 * Devices of virtio 1.2 for a machine: the registers by which a guest's driver sets one up, the queues over which they
 * talk, and the devices themselves. What a device works for on the host, a file or a network, is behind an interface
 * that others implement.
 *
 * <p>A guest's driver is not trusted. What it says about its queues is copied and looked at before use, and what is
 * wrong there breaks its device until the next reset and nothing else.
 */
@NullMarked
package belljar.virtio;

import org.jspecify.annotations.NullMarked;
