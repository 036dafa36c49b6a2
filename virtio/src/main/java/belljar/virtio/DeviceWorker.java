package belljar.virtio;

/**
 * The thread on which a device serves its queues. It is there from the driver's coming to the next reset. A thread of
 * the platform and not a virtual one, since a device waits in calls of the host, which would keep a carrier from all
 * other machines.
 */
final class DeviceWorker {
    private final GuestDriver driver;
    private final VirtioDevice device;
    private long pending;
    private long later;
    private long laterNanos;
    private boolean idle;
    private boolean serving;
    private volatile boolean paused;
    private volatile boolean stopped;

    DeviceWorker(GuestDriver driver, VirtioDevice device) {
        this.driver = driver;
        this.device = device;
    }

    boolean isStopping() {
        return stopped || paused;
    }

    /** Begins with all queues. */
    synchronized void start() {
        pending = all();
        Thread.ofPlatform().daemon().name("belljar virtio " + device.type()).start(this::run);
    }

    private long all() {
        int queues = device.queues();
        return queues == Long.SIZE ? -1 : (1L << queues) - 1;
    }

    synchronized void signal(int queue) {
        pending |= 1L << queue;
        if (idle) {
            notifyAll();
        }
    }

    synchronized void signalLater(int queue, long nanos) {
        long at = System.nanoTime() + Math.clamp(nanos, 0, Long.MAX_VALUE >> 1);
        if (later == 0 || at - laterNanos < 0) {
            laterNanos = at;
        }
        later |= 1L << queue;
    }

    private void run() {
        try {
            for (long todo = take(0); todo != 0; todo = take(todo)) {
                serve(todo);
            }
        } finally {
            ended();
        }
    }

    private synchronized void ended() {
        serving = false;
        notifyAll();
    }

    private void serve(long todo) {
        long rest = todo;
        while (rest != 0 && !driver.isStopping()) {
            int queue = Long.numberOfTrailingZeros(rest);
            rest &= rest - 1;
            try {
                device.serve(queue);
            } catch (RuntimeException | OutOfMemoryError | StackOverflowError e) {
                driver.fail("the device failed: " + e);
            }
        }
    }

    /** Waits for queues to serve; 0 when there is to be no more. */
    private synchronized long take(long done) {
        serving = false;
        if (done != 0 && isStopping()) {
            // What was cut short is done when the device goes on.
            pending = all();
            notifyAll();
        }
        while (!stopped) {
            if (!paused && pending == 0 && later != 0 && System.nanoTime() - laterNanos >= 0) {
                pending = later;
                later = 0;
            }
            if (!paused && pending != 0) {
                long todo = pending;
                pending = 0;
                serving = true;
                return todo;
            }
            rest();
        }
        notifyAll();
        return 0;
    }

    // Whoever calls this looks in a loop for what it waits for.
    @SuppressWarnings("WaitNotInLoop")
    private void rest() {
        idle = true;
        try {
            long nanos = later == 0 || paused ? 0 : Math.max(1, laterNanos - System.nanoTime());
            // Without a time, 0, it waits for good; a part of a millisecond is rounded up.
            wait((nanos + 999_999) / 1_000_000);
        } catch (InterruptedException e) {
            // Nobody who belongs to the machine interrupts this thread.
        } finally {
            idle = false;
        }
    }

    /** Ends it, and waits until it has let go of the queues. */
    synchronized void stop() {
        stopped = true;
        awaitRest();
    }

    /** Has it rest between two servings, and waits until it does. */
    synchronized void pause() {
        paused = true;
        awaitRest();
    }

    synchronized void resume() {
        paused = false;
        notifyAll();
    }

    private void awaitRest() {
        notifyAll();
        boolean interrupted = false;
        while (serving) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
