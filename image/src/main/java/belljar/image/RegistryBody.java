package belljar.image;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A response's body as it arrives, for one reading thread. Unlike the JDK's own stream it gives up on a server that
 * stalls, which the JDK's request timeout does not cover once the head of the response is there, and it hands over
 * whole buffers, so that a large layer is not copied on its way to the file and the digest.
 */
final class RegistryBody extends InputStream implements BodySubscriber<RegistryBody> {
    /** Lists of buffers on their way: enough to keep the socket busy while the disk is written. */
    private static final int WINDOW = 16;

    /** What the connection's threads pass to the reader: buffers, or why there are no more. */
    private record Part(
            List<ByteBuffer> buffers,
            boolean last,
            @Nullable Throwable failure) {}

    private final LinkedBlockingQueue<Part> parts = new LinkedBlockingQueue<>();
    private final AtomicReference<Flow.@Nullable Subscription> subscription = new AtomicReference<>();
    private final ArrayDeque<ByteBuffer> ready = new ArrayDeque<>();
    private final Duration patience;
    private boolean ended;

    /**
     * Prepares for a body.
     *
     * @param patience how long a read may wait for any byte
     */
    RegistryBody(Duration patience) {
        this.patience = patience;
    }

    @Override
    public CompletionStage<RegistryBody> getBody() {
        return CompletableFuture.completedFuture(this);
    }

    @Override
    public void onSubscribe(Flow.Subscription given) {
        if (subscription.compareAndSet(null, given)) {
            given.request(WINDOW);
        } else {
            given.cancel();
        }
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
        parts.add(new Part(buffers, false, null));
    }

    @Override
    public void onError(Throwable failure) {
        parts.add(new Part(List.of(), true, failure));
    }

    @Override
    public void onComplete() {
        parts.add(new Part(List.of(), true, null));
    }

    /**
     * {@return the next bytes, never an empty buffer; null at the end of the body}
     *
     * @throws IOException if the connection fails, or no byte arrives for too long
     */
    @Nullable ByteBuffer next() throws IOException {
        while (true) {
            ByteBuffer buffer = ready.poll();
            if (buffer != null) {
                if (buffer.hasRemaining()) {
                    return buffer;
                }
                continue;
            }
            if (ended) {
                return null;
            }
            Part part = await();
            if (part.failure != null) {
                ended = true;
                throw new IOException("the connection broke while a response was read", part.failure);
            }
            ended = part.last;
            ready.addAll(part.buffers);
            Flow.Subscription source = subscription.get();
            if (!ended && source != null) {
                source.request(1);
            }
        }
    }

    private Part await() throws IOException {
        try {
            Part part = parts.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
            if (part == null) {
                close();
                throw new HttpTimeoutException("no data for " + patience.toSeconds() + " seconds");
            }
            return part;
        } catch (InterruptedException e) {
            close();
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("the transfer was interrupted");
        }
    }

    @Override
    public int read() throws IOException {
        ByteBuffer buffer = next();
        if (buffer == null) {
            return -1;
        }
        int value = buffer.get() & 0xff;
        ready.addFirst(buffer);
        return value;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, target.length);
        if (length == 0) {
            return 0;
        }
        ByteBuffer buffer = next();
        if (buffer == null) {
            return -1;
        }
        int count = Math.min(length, buffer.remaining());
        buffer.get(target, offset, count);
        ready.addFirst(buffer);
        return count;
    }

    /** Gives the connection up if there is more to come. */
    @Override
    public void close() {
        ended = true;
        ready.clear();
        Flow.Subscription source = subscription.get();
        if (source != null) {
            source.cancel();
        }
    }
}
