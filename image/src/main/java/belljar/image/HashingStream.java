package belljar.image;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Hashes what is read through it. */
final class HashingStream extends FilterInputStream {
    private final Digest.Hasher hasher;
    private long count;

    HashingStream(InputStream in, Digest.Hasher hasher) {
        super(in);
        this.hasher = hasher;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int start, int length) throws IOException {
        int n = super.read(into, start, length);
        if (n > 0) {
            hasher.update(into, start, n);
            count += n;
        }
        return n;
    }

    @Override
    public long skip(long length) throws IOException {
        // What is skipped belongs to the content as well.
        byte[] buffer = new byte[(int) Math.min(length, 64 * 1024)];
        int n = length <= 0 ? 0 : read(buffer, 0, buffer.length);
        return Math.max(n, 0);
    }

    @Override
    public boolean markSupported() {
        return false;
    }

    /** {@return how many bytes have been read} */
    long count() {
        return count;
    }

    /** {@return the digest of everything, after reading what is left} */
    Digest finish() throws IOException {
        byte[] buffer = new byte[64 * 1024];
        while (read(buffer, 0, buffer.length) >= 0) {
            // Archives may go on after their end mark, and the digest covers that too.
        }
        return hasher.finish();
    }
}
