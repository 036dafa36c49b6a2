package belljar.image;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Tells how far reading has come. */
final class ProgressStream extends FilterInputStream {
    private final String id;
    private final Progress progress;
    private long count;

    ProgressStream(InputStream in, String id, Progress progress) {
        super(in);
        this.id = id;
        this.progress = progress;
    }

    @Override
    public int read() throws IOException {
        int b = super.read();
        if (b >= 0) {
            progress.advanced(id, ++count);
        }
        return b;
    }

    @Override
    public int read(byte[] into, int start, int length) throws IOException {
        int n = super.read(into, start, length);
        if (n > 0) {
            count += n;
            progress.advanced(id, count);
        }
        return n;
    }
}
