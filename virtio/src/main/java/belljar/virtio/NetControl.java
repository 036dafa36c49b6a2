package belljar.virtio;

/**
 * The control queue of a network card (virtio 1.2, section 5.1.6.5): what Linux sends there. Every frame of the wire is
 * given to the driver whatever filter it asks for, which is what a filter that cannot be exact may do.
 */
final class NetControl {
    private static final int OK = 0;
    private static final int ERROR = 1;

    private static final int CLASS_RX = 0;
    private static final int CLASS_MAC = 1;
    private static final int CLASS_ANNOUNCE = 3;
    private static final int CLASS_OFFLOADS = 5;

    /** The commands of {@link #CLASS_RX} that come with the feature: all, and all of groups. */
    private static final int RX_COMMANDS = 2;

    private static final int MAC_TABLE = 0;
    private static final int MAC_ADDRESS = 1;
    private static final int COMMAND = 2;

    /** More than any command that is looked at. */
    private static final int LONGEST = 16;

    private final NetDevice device;
    private final byte[] bytes = new byte[LONGEST];

    NetControl(NetDevice device) {
        this.device = device;
    }

    void serve(GuestDriver guest, Virtqueue queue) {
        for (Chain chain = queue.next(); chain != null; chain = queue.next()) {
            int length = (int) Math.min(chain.readable(), LONGEST);
            chain.read(0, bytes, 0, length);
            int written = 0;
            if (chain.writable() > 0) {
                chain.writeByte(0, does(guest, length) ? OK : ERROR);
                written = 1;
            }
            queue.complete(chain, written);
        }
        queue.flush();
    }

    /** Does a command; {@return whether it is one} */
    private boolean does(GuestDriver guest, int length) {
        if (length < COMMAND) {
            return false;
        }
        int command = bytes[1];
        return switch (bytes[0]) {
            case CLASS_RX -> guest.has(NetDevice.CTRL_RX) && command >= 0 && command < RX_COMMANDS && length > COMMAND;
            case CLASS_MAC ->
                command == MAC_TABLE && guest.has(NetDevice.CTRL_RX) || command == MAC_ADDRESS && setMac(guest, length);
            case CLASS_ANNOUNCE -> command == 0 && announced(guest);
            case CLASS_OFFLOADS -> command == 0 && setOffloads(guest, length);
            default -> false;
        };
    }

    private boolean setMac(GuestDriver guest, int length) {
        if (!guest.has(NetDevice.CTRL_MAC_ADDR) || length != COMMAND + NetDevice.MAC_SIZE) {
            return false;
        }
        byte[] address = new byte[NetDevice.MAC_SIZE];
        System.arraycopy(bytes, COMMAND, address, 0, NetDevice.MAC_SIZE);
        device.setMac(address);
        return true;
    }

    private boolean announced(GuestDriver guest) {
        if (!guest.has(NetDevice.GUEST_ANNOUNCE)) {
            return false;
        }
        device.announced();
        return true;
    }

    private boolean setOffloads(GuestDriver guest, int length) {
        if (!guest.has(NetDevice.CTRL_GUEST_OFFLOADS) || length != COMMAND + Long.BYTES) {
            return false;
        }
        long wanted = 0;
        for (int i = Long.BYTES - 1; i >= 0; i--) {
            wanted = wanted << 8 | bytes[COMMAND + i] & 0xFF;
        }
        for (long rest = wanted; rest != 0; rest &= rest - 1) {
            long bit = Long.lowestOneBit(rest);
            // Only what both sides have agreed to can be switched on again.
            if ((bit & NetDevice.GUEST_OFFLOADS) == 0 || !guest.has(bit)) {
                return false;
            }
        }
        device.offload(wanted);
        return true;
    }
}
