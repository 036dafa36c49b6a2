package belljar.machine;

import java.io.IOException;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Gathers the bytes that a serial port sends, and passes them on at the end of a line, when there are many, or when no
 * more have come for a moment: a prompt is to be seen too. An output that fails is not written to again.
 */
final class SerialOutput implements AutoCloseable {
    private static final int SIZE = 4096;

    /** How long a byte waits for company, in nanoseconds. */
    private static final long PATIENCE = 3_000_000;

    private final OutputStream output;
    private final Clock clock;
    private final Clock.Alarm alarm;
    private final byte[] buffer = new byte[SIZE];
    private int count;
    private @Nullable IOException failure;

    SerialOutput(OutputStream output, Clock clock) {
        this.output = output;
        this.clock = clock;
        this.alarm = clock.alarm(this::ring);
    }

    /** The output may make one wait, the clock's thread may not. */
    private void ring() {
        Thread.ofPlatform().daemon().name("belljar serial port").start(this::flush);
    }

    synchronized void write(int value) {
        buffer[count++] = (byte) value;
        if (value == '\n' || count == SIZE) {
            flush();
        } else if (count == 1) {
            alarm.set(clock.nanos() + PATIENCE);
        }
    }

    synchronized void flush() {
        if (count > 0) {
            alarm.cancel();
            try {
                if (failure == null) {
                    output.write(buffer, 0, count);
                    output.flush();
                }
            } catch (IOException e) {
                failure = e;
            }
            count = 0;
        }
    }

    @Override
    public synchronized void close() throws IOException {
        flush();
        if (failure != null) {
            throw failure;
        }
    }
}
