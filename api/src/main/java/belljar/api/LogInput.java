package belljar.api;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Objects;

/** One of the two streams that a container writes, byte for byte, out of its log. */
final class LogInput extends InputStream {
    private final LogFollower follower;
    private final boolean error;
    private byte[] ready = new byte[0];
    private int at;

    LogInput(LogFollower follower, boolean error) {
        this.follower = follower;
        this.error = error;
    }

    @Override
    public synchronized int read() throws IOException {
        return fill() ? ready[at++] & 0xFF : -1;
    }

    @Override
    public synchronized int read(byte[] to, int from, int count) throws IOException {
        Objects.checkFromIndexSize(from, count, to.length);
        if (count == 0) {
            return 0;
        }
        if (!fill()) {
            return -1;
        }
        int some = Math.min(count, ready.length - at);
        System.arraycopy(ready, at, to, from, some);
        at += some;
        return some;
    }

    private boolean fill() throws IOException {
        while (at == ready.length) {
            at = 0;
            ready = new byte[0];
            boolean more = follower.next(entry -> {
                if (entry.error() == error) {
                    int length = entry.to() - entry.from();
                    ready = Arrays.copyOfRange(entry.buffer(), entry.from(), entry.to() + (entry.whole() ? 1 : 0));
                    if (entry.whole()) {
                        ready[length] = '\n';
                    }
                }
            });
            if (!more) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void close() {
        follower.close();
    }
}
