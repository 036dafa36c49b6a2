package belljar.microvm;

import belljar.linux.IoVector;
import belljar.linux.Tap;
import belljar.linux.WakeFd;
import belljar.virtio.Chain;
import belljar.virtio.NetBackend;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.Semaphore;

/** A tap of the host as the wire of a machine's network card: frames go between it and guest memory without a copy. */
final class TapWire implements NetBackend {
    private final Tap tap;
    private final WakeFd wake = WakeFd.open();
    private final IoVector into = IoVector.open();
    private final IoVector frame = IoVector.open();

    /** Has a permit while the next frame is to be told of. */
    private final Semaphore asked = new Semaphore(1);

    private volatile boolean closed;
    private Thread watcher = Thread.ofPlatform().unstarted(() -> {});

    /**
     * Makes a wire.
     *
     * @param tap the interface, which is closed together with it
     */
    TapWire(Tap tap) {
        this.tap = tap;
    }

    @Override
    public void listen(Runnable wakeUp) {
        watcher = Thread.ofPlatform().daemon().name("belljar tap " + tap.name()).start(() -> watch(wakeUp));
    }

    /** Looks at the interface only after it was found empty, so that it does not turn while the guest has no room. */
    private void watch(Runnable wakeUp) {
        while (true) {
            asked.acquireUninterruptibly();
            wake.await(tap.number(), WakeFd.READABLE, -1);
            if (closed) {
                return;
            }
            wakeUp.run();
        }
    }

    @Override
    public void offload(int guest) {
        // The bits are the same.
        tap.offload(guest);
    }

    @Override
    public int receive(MemorySegment to) {
        into.clear();
        into.add(to);
        int length = tap.read(into);
        if (length == 0 && asked.availablePermits() == 0) {
            asked.release();
        }
        return length;
    }

    @Override
    public boolean send(Chain chain) {
        frame.clear();
        for (int i = 0; i < chain.readablePieces(); i++) {
            if (!frame.add(chain.piece(i))) {
                return false;
            }
        }
        return tap.write(frame);
    }

    @Override
    public void close() {
        closed = true;
        asked.release();
        wake.wake();
        try {
            watcher.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        tap.close();
        wake.close();
        into.close();
        frame.close();
    }
}
