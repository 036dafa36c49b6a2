package belljar.api;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Objects;

/** What a program reads, written by this program. */
final class PipeOutput extends OutputStream {
    private final Pipe pipe;
    private final Runnable afterwards;

    /** @param afterwards done once when the stream is closed */
    PipeOutput(Pipe pipe, Runnable afterwards) {
        this.pipe = pipe;
        this.afterwards = afterwards;
    }

    @Override
    public void write(int single) throws IOException {
        pipe.write(new byte[] {(byte) single}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int count) throws IOException {
        Objects.checkFromIndexSize(from, count, bytes.length);
        pipe.write(bytes, from, count);
    }

    @Override
    public void close() {
        pipe.close();
        afterwards.run();
    }
}
