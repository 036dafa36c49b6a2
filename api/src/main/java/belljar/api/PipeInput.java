package belljar.api;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;

/** What a program writes, read by this program. */
final class PipeInput extends InputStream {
    private final Pipe pipe;

    PipeInput(Pipe pipe) {
        this.pipe = pipe;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return pipe.read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] to, int from, int count) throws IOException {
        Objects.checkFromIndexSize(from, count, to.length);
        return pipe.read(to, from, count);
    }

    @Override
    public void close() {
        pipe.close();
    }
}
