package belljar.virtio;

import belljar.failure.HostException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A wire that ends in the test. */
final class TestWire implements NetBackend {
    final List<byte[]> sent = new CopyOnWriteArrayList<>();
    final List<Integer> offloads = new CopyOnWriteArrayList<>();
    private final Deque<byte[]> coming = new ArrayDeque<>();
    private Runnable wakeUp = () -> {};
    private boolean asked = true;
    volatile boolean closed;
    volatile boolean cut;
    volatile boolean full;

    @Override
    public void listen(Runnable who) {
        wakeUp = who;
    }

    @Override
    public void offload(int guest) {
        check();
        offloads.add(guest);
    }

    private void check() {
        if (cut) {
            throw new HostException("the wire is cut", "readv", 77);
        }
    }

    /** Sends a frame with its header to the guest; wakes only when the contract says so. */
    void come(byte[] frame) {
        boolean wake;
        synchronized (coming) {
            coming.add(frame);
            wake = asked;
            asked = false;
        }
        if (wake) {
            wakeUp.run();
        }
    }

    void cutNow() {
        cut = true;
        wakeUp.run();
    }

    int waiting() {
        synchronized (coming) {
            return coming.size();
        }
    }

    @Override
    public int receive(MemorySegment into) {
        check();
        byte[] frame;
        synchronized (coming) {
            frame = coming.poll();
            asked |= frame == null;
        }
        if (frame == null) {
            return 0;
        }
        into.asSlice(0, frame.length).copyFrom(MemorySegment.ofArray(frame));
        return frame.length;
    }

    @Override
    public boolean send(Chain frame) {
        check();
        if (full) {
            return false;
        }
        byte[] bytes = new byte[(int) frame.readable()];
        frame.read(0, bytes, 0, bytes.length);
        sent.add(bytes);
        return true;
    }

    @Override
    public void close() {
        closed = true;
    }
}
