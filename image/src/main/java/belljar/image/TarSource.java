package belljar.image;

import belljar.failure.HostException;
import belljar.failure.UserException;
import java.io.IOException;
import java.io.InputStream;

/** The bytes of an archive front to back, with the position for messages; small reads come from a buffer. */
final class TarSource {
    private static final int SIZE = 32 * 1024;

    private final InputStream in;
    private final byte[] buffer = new byte[SIZE];
    private int at;
    private int end;
    private long position;

    TarSource(InputStream in) {
        this.in = in;
    }

    long position() {
        return position;
    }

    /** {@return how many bytes were read, at least 1; -1 at the end} */
    int read(byte[] into, int start, int length) {
        int n;
        if (at < end) {
            n = Math.min(length, end - at);
            System.arraycopy(buffer, at, into, start, n);
            at += n;
        } else if (length >= SIZE / 4) {
            n = fromStream(into, start, length);
        } else {
            if (!fill()) {
                return -1;
            }
            return read(into, start, length);
        }
        if (n > 0) {
            position += n;
        }
        return n;
    }

    private boolean fill() {
        at = 0;
        end = Math.max(0, fromStream(buffer, 0, SIZE));
        return end > 0;
    }

    private int fromStream(byte[] into, int start, int length) {
        try {
            int n;
            do {
                n = in.read(into, start, length);
            } while (n == 0);
            return n;
        } catch (IOException e) {
            throw new HostException("cannot read the archive: " + e.getMessage(), e);
        }
    }

    /** Reads exactly so many bytes; false when the archive ends before the first. */
    boolean block(byte[] into, int length) {
        int done = 0;
        while (done < length) {
            int n = read(into, done, length - done);
            if (n < 0) {
                if (done == 0) {
                    return false;
                }
                throw truncated();
            }
            done += n;
        }
        return true;
    }

    void skip(long count) {
        long left = count;
        while (left > 0) {
            if (at == end && !fill()) {
                throw truncated();
            }
            int n = (int) Math.min(left, end - at);
            at += n;
            position += n;
            left -= n;
        }
    }

    UserException truncated() {
        return new UserException(
                "the archive ends too early, after " + position + " bytes: it was cut off; fetch or make it again");
    }
}
