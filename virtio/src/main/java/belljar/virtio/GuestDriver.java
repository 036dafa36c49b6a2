package belljar.virtio;

import belljar.machine.GuestMemory;

/**
 * The driver in the guest, as its device sees it from its coming to the next reset. Afterwards nothing that is done
 * here has any effect.
 */
public final class GuestDriver {
    private final VirtioMmio transport;
    private final GuestMemory memory;
    private final long features;
    private final Virtqueue[] queues;
    private final DeviceWorker worker;
    private volatile boolean failed;

    GuestDriver(VirtioMmio transport, GuestMemory memory, VirtioDevice device, long features) {
        this.transport = transport;
        this.memory = memory;
        this.features = features;
        this.queues = new Virtqueue[device.queues()];
        this.worker = new DeviceWorker(this, device);
    }

    /** {@return whether a feature is on, which both sides have agreed to} */
    public boolean has(long feature) {
        return (features & feature) != 0;
    }

    /** {@return the guest's memory} */
    public GuestMemory memory() {
        return memory;
    }

    /**
     * {@return a queue; one that the driver does not use is always empty}
     *
     * @param index its number, less than the number of queues
     */
    public Virtqueue queue(int index) {
        return queues[index];
    }

    void setQueue(int index, Virtqueue queue) {
        queues[index] = queue;
    }

    /**
     * Has the device serve a queue soon. From any thread; it does not wait.
     *
     * @param queue its number
     */
    public void signal(int queue) {
        worker.signal(queue);
    }

    /**
     * Has the device serve a queue after a time, if it is not served before. From the thread that serves. There is one
     * such time for each device: the earliest.
     *
     * @param queue its number
     * @param nanos nanoseconds from now on
     */
    public void signalLater(int queue, long nanos) {
        worker.signalLater(queue, nanos);
    }

    /**
     * {@return whether the device is to return from serving as soon as it can} It is served again when it goes on. From
     * any thread.
     */
    public boolean isStopping() {
        return failed || worker.isStopping();
    }

    /**
     * Says that the driver has done what no driver may: the device does nothing more until it is reset, and the driver
     * can see that.
     *
     * @param why what it has done, a few words for who looks for the fault
     */
    public void fail(String why) {
        failed = true;
        transport.needsReset(this, why);
    }

    void interrupt() {
        transport.usedBuffers(this);
    }

    DeviceWorker worker() {
        return worker;
    }
}
