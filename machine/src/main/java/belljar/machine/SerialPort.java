package belljar.machine;

import java.io.IOException;
import java.io.OutputStream;

/**
 * A serial port with a 16550A (National Semiconductor PC16550D datasheet, section 8) at eight ports. It sends in no
 * time, so its transmitter is always empty, and what it receives waits in a queue until the guest wants it: while it
 * asserts RTS or has the interrupt for received data on, as a peer with hardware flow control would. The interrupt goes
 * through OUT2, as on a PC.
 *
 * <p>Safe for use by several threads.
 */
public final class SerialPort implements BytePorts, Stateful, AutoCloseable {
    private static final int DATA = 0;
    private static final int INTERRUPT_ENABLE = 1;
    private static final int INTERRUPT_IDENTITY = 2;
    private static final int LINE_CONTROL = 3;
    private static final int MODEM_CONTROL = 4;
    private static final int LINE_STATUS = 5;
    private static final int MODEM_STATUS = 6;
    private static final int SCRATCH = 7;

    private static final int ENABLE_RECEIVED = 1;
    private static final int ENABLE_EMPTY = 1 << 1;
    private static final int ENABLE_LINE = 1 << 2;
    private static final int ENABLE_MODEM = 1 << 3;

    private static final int IDENTITY_NONE = 0x01;
    private static final int IDENTITY_EMPTY = 0x02;
    private static final int IDENTITY_RECEIVED = 0x04;
    private static final int IDENTITY_LINE = 0x06;
    private static final int IDENTITY_TIMEOUT = 0x0C;
    private static final int IDENTITY_FIFOS = 0xC0;

    private static final int DIVISOR_ACCESS = 1 << 7;
    private static final int REQUEST_TO_SEND = 1 << 1;
    private static final int OUT2 = 1 << 3;
    private static final int LOOPBACK = 1 << 4;

    private static final int STATUS_READY = 1;
    private static final int STATUS_OVERRUN = 1 << 1;
    private static final int STATUS_EMPTY = 0x60;

    private static final int MODEM_CONNECTED = 0xB0;
    private static final int MODEM_RING = 1 << 6;

    private static final int[] TRIGGERS = {1, 4, 8, 14};
    private static final int FIFO = 16;
    private static final int QUEUE = 16384;

    private final InterruptLine line;
    private final SerialOutput output;
    private final ByteRing fifo = new ByteRing(FIFO);
    private final ByteRing queue = new ByteRing(QUEUE);
    private boolean closed;
    private boolean lineHigh;
    private boolean fifos;
    private int trigger;
    private int divisor;
    private int interruptEnable;
    private int lineControl;
    private int modemControl;
    private int modemDelta;
    private int scratch;
    private boolean overrun;
    private boolean emptyPending;

    /**
     * Makes a serial port in its state at reset.
     *
     * @param line its interrupt
     * @param output where the bytes go that the guest sends, from one thread at a time; it is flushed here, not closed
     * @param clock what says when to send on bytes that no newline follows
     */
    public SerialPort(InterruptLine line, OutputStream output, Clock clock) {
        this.line = line;
        this.output = new SerialOutput(output, clock);
        reset();
    }

    /** Goes back to the state at reset. What was received and not read yet is kept for who comes then. */
    public synchronized void reset() {
        fifo.clear();
        fifos = false;
        trigger = 1;
        divisor = 12;
        interruptEnable = 0;
        lineControl = 0;
        modemControl = 0;
        modemDelta = 0;
        scratch = 0;
        overrun = false;
        emptyPending = false;
        update();
    }

    /**
     * Sends bytes to the guest. Waits while the queue of 16 KiB is full, until the guest has read of it, or the port
     * has been closed or the thread interrupted, in which case the rest is lost.
     *
     * @param bytes an array with the bytes at its beginning
     * @param length how many
     */
    public synchronized void receive(byte[] bytes, int length) {
        for (int i = 0; i < length && !closed; i++) {
            while (queue.isFull() && !closed) {
                try {
                    wait();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return;
                }
            }
            queue.add(bytes[i]);
            if (queue.isFull() || i == length - 1) {
                update();
            }
        }
    }

    /**
     * Sends on what the guest has sent so far, and ends the waiting of {@link #receive}. To be called when the machine
     * has ended; a port that is written to still sends.
     *
     * @throws IOException if the output has failed now or before; what the guest sent since then is lost
     */
    @Override
    public void close() throws IOException {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        output.close();
    }

    /** Saves or loads its registers and what waits to be received. What was sent is passed on before. */
    @Override
    public synchronized void transfer(StateStream state) {
        state.section("serial port");
        fifos = state.flag(fifos);
        trigger = state.number(trigger, 1, FIFO);
        divisor = state.number(divisor, 0, 0xFFFF);
        interruptEnable = state.number(interruptEnable, 0, 0x0F);
        lineControl = state.number(lineControl, 0, 0xFF);
        modemControl = state.number(modemControl, 0, 0x1F);
        modemDelta = state.number(modemDelta, 0, 0x0F);
        scratch = state.number(scratch, 0, 0xFF);
        overrun = state.flag(overrun);
        emptyPending = state.flag(emptyPending);
        fifo.transfer(state);
        queue.transfer(state);
        if (state.isLoading()) {
            update();
        } else {
            output.flush();
        }
    }

    /** Takes bytes out of the queue if the guest wants them, and sets the interrupt's level. */
    private void update() {
        boolean wanted = (modemControl & REQUEST_TO_SEND) != 0 || (interruptEnable & ENABLE_RECEIVED) != 0;
        if (wanted && (modemControl & LOOPBACK) == 0) {
            boolean full = queue.isFull();
            while (!queue.isEmpty() && fifo.size() < capacity()) {
                fifo.add(queue.remove());
            }
            if (full && !queue.isFull()) {
                notifyAll();
            }
        }
        boolean gate = (modemControl & (OUT2 | LOOPBACK)) == OUT2;
        boolean high = gate && identity() != IDENTITY_NONE;
        if (high != lineHigh) {
            lineHigh = high;
            line.set(high);
        }
    }

    private int capacity() {
        return fifos ? FIFO : 1;
    }

    /** The interrupt of the highest priority (datasheet table IV). Bytes below the trigger level time out at once. */
    private int identity() {
        if ((interruptEnable & ENABLE_LINE) != 0 && overrun) {
            return IDENTITY_LINE;
        }
        if ((interruptEnable & ENABLE_RECEIVED) != 0 && !fifo.isEmpty()) {
            return !fifos || fifo.size() >= trigger ? IDENTITY_RECEIVED : IDENTITY_TIMEOUT;
        }
        if ((interruptEnable & ENABLE_EMPTY) != 0 && emptyPending) {
            return IDENTITY_EMPTY;
        }
        return (interruptEnable & ENABLE_MODEM) != 0 && modemDelta != 0 ? 0 : IDENTITY_NONE;
    }

    @Override
    public synchronized int in(int offset) {
        boolean divisorAccess = (lineControl & DIVISOR_ACCESS) != 0;
        return switch (offset) {
            case DATA -> divisorAccess ? divisor & 0xFF : readData();
            case INTERRUPT_ENABLE -> divisorAccess ? divisor >> 8 : interruptEnable;
            case INTERRUPT_IDENTITY -> readIdentity();
            case LINE_CONTROL -> lineControl;
            case MODEM_CONTROL -> modemControl;
            case LINE_STATUS -> readLineStatus();
            case MODEM_STATUS -> readModemStatus();
            case SCRATCH -> scratch;
            default -> 0xFF;
        };
    }

    private int readData() {
        int value = fifo.isEmpty() ? 0 : fifo.remove() & 0xFF;
        update();
        return value;
    }

    private int readIdentity() {
        int identity = identity();
        if (identity == IDENTITY_EMPTY) {
            emptyPending = false;
            update();
        }
        return identity | (fifos ? IDENTITY_FIFOS : 0);
    }

    private int readLineStatus() {
        int status = STATUS_EMPTY | (fifo.isEmpty() ? 0 : STATUS_READY) | (overrun ? STATUS_OVERRUN : 0);
        overrun = false;
        update();
        return status;
    }

    private int readModemStatus() {
        int status = modemLines(modemControl) | modemDelta;
        modemDelta = 0;
        update();
        return status;
    }

    /** The upper half of the modem status: a peer that is there and ready, or in loopback mode the own outputs. */
    private static int modemLines(int control) {
        if ((control & LOOPBACK) == 0) {
            return MODEM_CONNECTED;
        }
        int readyToSend = control << 3 & 0x10;
        int dataReady = control << 5 & 0x20;
        return readyToSend | dataReady | (control & 0b1100) << 4;
    }

    @Override
    public void out(int offset, int value) {
        if (offset == DATA && transmits(value)) {
            // Outside the lock of the registers: the output may make one wait.
            output.write(value);
        } else if (offset != DATA) {
            setRegister(offset, value);
        }
    }

    /** Does what a write to the data register does here; says whether the byte is to go out. */
    private synchronized boolean transmits(int value) {
        if ((lineControl & DIVISOR_ACCESS) != 0) {
            divisor = divisor & 0xFF00 | value;
            return false;
        }
        // The transmitter is full for no time: an interrupt for its being empty goes away and comes back.
        emptyPending = false;
        update();
        emptyPending = true;
        boolean loopback = (modemControl & LOOPBACK) != 0;
        if (loopback && fifo.size() < capacity()) {
            fifo.add((byte) value);
        } else if (loopback) {
            overrun = true;
        }
        update();
        return !loopback;
    }

    private synchronized void setRegister(int offset, int value) {
        switch (offset) {
            case INTERRUPT_ENABLE -> setInterruptEnable(value);
            case INTERRUPT_IDENTITY -> setFifoControl(value);
            case LINE_CONTROL -> lineControl = value;
            case MODEM_CONTROL -> setModemControl(value);
            case SCRATCH -> scratch = value;
            default -> {
                // Both status registers are for reading; factory tests alone write them.
            }
        }
        update();
    }

    private void setInterruptEnable(int value) {
        if ((lineControl & DIVISOR_ACCESS) != 0) {
            divisor = divisor & 0xFF | value << 8;
            return;
        }
        if ((value & ~interruptEnable & ENABLE_EMPTY) != 0) {
            emptyPending = true;
        }
        interruptEnable = value & 0x0F;
    }

    private void setFifoControl(int value) {
        boolean enable = (value & 1) != 0;
        if (enable != fifos || (value & 1 << 1) != 0) {
            fifo.clear();
        }
        fifos = enable;
        trigger = enable ? TRIGGERS[value >> 6] : 1;
    }

    private void setModemControl(int value) {
        int before = modemLines(modemControl);
        modemControl = value & 0x1F;
        int after = modemLines(modemControl);
        // Ring counts when it ends, the other lines whenever they change.
        int changes = (before ^ after) & ~MODEM_RING | before & ~after & MODEM_RING;
        modemDelta |= changes >> 4;
    }
}
