package belljar.virtio;

import java.lang.foreign.MemorySegment;

/**
 * The wire of a {@link NetDevice}: where its frames go and come from. A frame is an Ethernet frame without its check
 * sequence behind the {@link #HEADER} bytes of {@code struct virtio_net_hdr} (virtio 1.2, section 5.1.6), which say
 * what is left to do: a checksum, or the cutting of a large TCP segment.
 *
 * <p>The methods are called by one thread at a time. None of them waits.
 */
public interface NetBackend extends AutoCloseable {
    /** Bytes before each frame, little-endian. */
    int HEADER = 12;

    /** The longest frame with its header: a TCP segment of 64 KiB. */
    int LONGEST = HEADER + 14 + 65536;

    /** The guest completes checksums of frames that it receives. */
    int CHECKSUM = 1;

    /** The guest takes TCP segments over IPv4 larger than a packet. */
    int TSO4 = 2;

    /** The guest takes TCP segments over IPv6 larger than a packet. */
    int TSO6 = 4;

    /** The guest takes such segments with explicit congestion notification, too. */
    int TSO_ECN = 8;

    /**
     * Says who is to be told of frames. Called once, before anything else.
     *
     * @param wakeUp is to be run, on any thread, when there is a frame after {@link #receive} has said that there is
     *     none, or when the wire is cut; running it once more does no harm
     */
    void listen(Runnable wakeUp);

    /**
     * Says what the guest does itself with frames that it receives; nothing at first.
     *
     * @param guest any of {@link #CHECKSUM}, {@link #TSO4}, {@link #TSO6} and {@link #TSO_ECN}
     * @throws belljar.failure.HostException if the wire is cut
     */
    void offload(int guest);

    /**
     * Takes the next frame from the wire.
     *
     * @param into where it goes with its header, {@link #LONGEST} bytes outside the heap
     * @return how many bytes it has with its header; 0 if there is none
     * @throws belljar.failure.HostException if the wire is cut
     */
    int receive(MemorySegment into);

    /**
     * Puts a frame of the guest on the wire, or drops it if there is no room.
     *
     * @param frame the frame with its header, in its readable part, of {@link #HEADER} to {@link #LONGEST} bytes, which
     *     the guest may be changing; the wire looks at the header itself
     * @return whether it was taken
     * @throws belljar.failure.HostException if the wire is cut
     */
    boolean send(Chain frame);

    /** Gives the wire back. Nobody is woken afterwards. */
    @Override
    void close();
}
