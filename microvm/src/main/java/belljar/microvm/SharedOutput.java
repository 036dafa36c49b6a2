package belljar.microvm;

import java.io.IOException;
import java.io.OutputStream;

/** An output that several threads may write to; what one writes at once stays together. */
final class SharedOutput extends OutputStream {
    private final OutputStream output;

    /** @param output where it goes; not closed with this */
    SharedOutput(OutputStream output) {
        this.output = output;
    }

    @Override
    public synchronized void write(int value) throws IOException {
        output.write(value);
    }

    @Override
    public synchronized void write(byte[] bytes, int offset, int length) throws IOException {
        output.write(bytes, offset, length);
    }

    @Override
    public synchronized void flush() throws IOException {
        output.flush();
    }
}
