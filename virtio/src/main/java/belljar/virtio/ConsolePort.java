package belljar.virtio;

import belljar.machine.StateStream;
import belljar.machine.Stateful;

/**
 * What a console's device and a driver that knows of several ports tell each other about the only port (virtio 1.2,
 * section 5.3.6.2). At most one message of each kind waits to be told, so that no driver can have more of them kept.
 *
 * <p>Safe for use by several threads.
 */
final class ConsolePort implements Stateful {
    static final int DEVICE_READY = 0;
    static final int PORT_ADD = 1;
    static final int PORT_READY = 3;
    static final int CONSOLE_PORT = 4;
    static final int RESIZE = 5;
    static final int PORT_OPEN = 6;

    /** Bytes of a message: the port, what happened, and a value. */
    static final int MESSAGE = 8;

    private static final int RESIZE_MESSAGE = MESSAGE + 4;

    /** What the device tells the driver, as bits. */
    private static final int ALL = 1 << PORT_ADD | 1 << CONSOLE_PORT | 1 << RESIZE | 1 << PORT_OPEN;

    private final byte[] bytes = new byte[RESIZE_MESSAGE];
    private int untold;
    private boolean ready;
    private boolean open;
    private int columns;
    private int rows;

    synchronized boolean isOpen() {
        return open;
    }

    synchronized void reset() {
        untold = 0;
        ready = false;
        open = false;
    }

    synchronized void resize(int newColumns, int newRows) {
        columns = newColumns;
        rows = newRows;
        if (ready) {
            untold |= 1 << RESIZE;
        }
    }

    @Override
    public synchronized void transfer(StateStream state) {
        untold = state.number(untold) & ALL;
        ready = state.flag(ready);
        open = state.flag(open);
        columns = state.number(columns);
        rows = state.number(rows);
    }

    /** Takes the driver's messages. */
    synchronized void hear(GuestDriver guest, Virtqueue queue) {
        for (Chain chain = queue.next(); chain != null; chain = queue.next()) {
            if (guest.has(ConsoleDevice.MULTIPORT) && chain.readable() >= MESSAGE) {
                chain.read(0, bytes, 0, MESSAGE);
                hear(number(0, 4), number(4, 2), number(6, 2));
            }
            queue.complete(chain, 0);
        }
        queue.flush();
    }

    private int number(int at, int size) {
        int value = 0;
        for (int i = size - 1; i >= 0; i--) {
            value = value << 8 | bytes[at + i] & 0xFF;
        }
        return value;
    }

    private void hear(int id, int event, int value) {
        if (event == DEVICE_READY) {
            untold |= value == 1 ? 1 << PORT_ADD : 0;
        } else if (id == 0 && event == PORT_READY && value == 1) {
            ready = true;
            untold |= 1 << CONSOLE_PORT | 1 << PORT_OPEN | (columns == 0 ? 0 : 1 << RESIZE);
        } else if (id == 0 && event == PORT_OPEN) {
            open = value != 0;
        }
    }

    /** Gives the driver the messages for it, as far as it has room. */
    synchronized void tell(GuestDriver guest, Virtqueue queue) {
        while (untold != 0 && guest.has(ConsoleDevice.MULTIPORT)) {
            Chain chain = queue.next();
            if (chain == null) {
                break;
            }
            int event = Integer.numberOfTrailingZeros(untold);
            untold &= untold - 1;
            int length = (int) Math.min(describe(event), chain.writable());
            chain.write(0, bytes, 0, length);
            queue.complete(chain, length);
        }
        queue.flush();
    }

    private int describe(int event) {
        for (int i = 0; i < MESSAGE; i++) {
            bytes[i] = 0;
        }
        bytes[4] = (byte) event;
        bytes[6] = 1;
        if (event != RESIZE) {
            return MESSAGE;
        }
        bytes[6] = 0;
        // Linux has the lines first, other than the specification does.
        bytes[8] = (byte) rows;
        bytes[9] = (byte) (rows >> 8);
        bytes[10] = (byte) columns;
        bytes[11] = (byte) (columns >> 8);
        return RESIZE_MESSAGE;
    }
}
