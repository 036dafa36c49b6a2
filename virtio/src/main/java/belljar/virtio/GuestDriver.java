package belljar.virtio;

import belljar.machine.GuestMemory;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * A guest's driver as its device sees it: the queues that it has set up, and the features that it has taken. It lives
 * from one {@link VirtioDevice#activate} to the next reset, and has the thread that serves the device: a platform
 * thread, since disks' reads and writes would pin a virtual one.
 */
public final class GuestDriver {
    private final VirtioMmio registers;
    private final VirtioDevice device;
    private final GuestMemory memory;
    private final long features;
    private final AtomicLong pending = new AtomicLong();
    private final Thread thread;
    private volatile boolean stopping;
    private List<Virtqueue> queues = List.of();

    GuestDriver(VirtioMmio registers, VirtioDevice device, GuestMemory memory, long features) {
        this.registers = registers;
        this.device = device;
        this.memory = memory;
        this.features = features;
        this.thread =
                Thread.ofPlatform().name("virtio-" + device.type()).daemon().unstarted(this::work);
    }

    /** Begins to serve the queues. */
    void begin(List<Virtqueue> all) {
        queues = all;
        device.activate(this);
        thread.start();
    }

    /** Ends serving them, and waits for that; the device does not touch guest memory any more. */
    void end() {
        stopping = true;
        LockSupport.unpark(thread);
        boolean interrupted = false;
        while (thread.isAlive() && thread != Thread.currentThread()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        for (Virtqueue queue : queues) {
            queue.close();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void work() {
        while (!stopping) {
            long wanted = pending.getAndSet(0);
            if (wanted == 0) {
                LockSupport.park(this);
            }
            while (wanted != 0 && !stopping) {
                int queue = Long.numberOfTrailingZeros(wanted);
                wanted &= wanted - 1;
                serve(queue);
            }
        }
    }

    /** Whatever a device's code stumbles over ends that device's service, and nothing else. */
    private void serve(int queue) {
        try {
            device.serve(queue);
        } catch (RuntimeException e) {
            fail("the device failed: " + e);
        }
    }

    /** {@return the machine's memory} */
    public GuestMemory memory() {
        return memory;
    }

    /**
     * {@return whether the driver has taken a feature}
     *
     * @param feature its bit
     */
    public boolean has(long feature) {
        return (features & feature) != 0;
    }

    /**
     * {@return a queue} One that the driver has not set up has size 0 and is always empty.
     *
     * @param index its number, less than the device's {@link VirtioDevice#queues}
     */
    public Virtqueue queue(int index) {
        return queues.get(index);
    }

    /**
     * Has a queue served soon. From any thread.
     *
     * @param queue its number; one that is none is ignored
     */
    public void signal(int queue) {
        if (queue >= 0 && queue < queues.size()) {
            pending.getAndUpdate(bits -> bits | 1L << queue);
            LockSupport.unpark(thread);
        }
    }

    /** {@return whether serving is to end: no further buffer is to be begun with} */
    public boolean isStopping() {
        return stopping;
    }

    /** Tells the driver that buffers have been used. */
    void interrupt() {
        registers.interrupt(VirtioMmio.USED_BUFFER);
    }

    /**
     * Breaks the device until the driver resets it, because the driver has done what it may not, or the host has failed
     * beyond repair.
     *
     * @param why what was wrong
     */
    public void fail(String why) {
        stopping = true;
        registers.needsReset(this, why);
    }
}
