package belljar.virtio;

import belljar.failure.BugException;
import belljar.machine.Device;
import belljar.machine.GuestMemory;
import belljar.machine.InterruptLine;
import belljar.machine.StateReader;
import belljar.machine.StateStream;
import belljar.machine.Stateful;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The registers of a device in memory (virtio 1.2, section 4.2), version 2, {@value #SIZE} bytes of them. They are read
 * and written as the 32-bit numbers they are; other accesses give zeros and are lost. What a driver says about features
 * and queues holds from its last word on, DRIVER_OK, until the reset: later changes have no effect.
 *
 * <p>Safe for use by several threads. An access waits for nothing but, where it resets the device or stops a queue, for
 * the end of the request that is being served, since the guest may use the memory for something else afterwards.
 */
public final class VirtioMmio implements Device, Stateful, AutoCloseable {
    /** Bytes of registers, the configuration included. */
    public static final int SIZE = 0x200;

    static final int CONFIG = 0x100;
    static final int ACKNOWLEDGE = 1;
    static final int DRIVER = 1 << 1;
    static final int DRIVER_OK = 1 << 2;
    static final int FEATURES_OK = 1 << 3;
    static final int NEEDS_RESET = 1 << 6;
    static final int FAILED = 1 << 7;

    /** The order in which a driver sets the bits of the status (section 3.1.1). */
    private static final int[] STEPS = {ACKNOWLEDGE, DRIVER, FEATURES_OK, DRIVER_OK};

    private static final int MAGIC = 0x7472_6976;
    private static final int VERSION = 2;
    private static final int VENDOR = 0x4A4C_4C42;
    private static final long LOW = 0xFFFF_FFFFL;

    private final VirtioDevice device;
    private final ConfigSpace config;
    private final GuestMemory memory;
    private final long offered;
    private final QueueRegisters[] queues;

    private final Attention attention;
    private final AtomicLong notifications = new AtomicLong();

    private volatile @Nullable GuestDriver driver;
    private int status;
    private int deviceFeaturesSelected;
    private int driverFeaturesSelected;
    private long driverFeatures;

    /** Whether the driver has asked for features that have no bit here. */
    private boolean foreignFeatures;

    private int queueSelected;

    /**
     * Makes the registers of a device, in their state at reset.
     *
     * @param device the device, which is closed together with this
     * @param memory the machine's memory, which the host's memory and not an array holds
     * @param line its interrupt, level-triggered
     */
    public VirtioMmio(VirtioDevice device, GuestMemory memory, InterruptLine line) {
        this(device, memory, line, Features.TRANSPORT);
    }

    /**
     * Makes the registers of a device that offers less than it could.
     *
     * @param device the device, which is closed together with this
     * @param memory the machine's memory, which the host's memory and not an array holds
     * @param line its interrupt, level-triggered
     * @param transport what is offered of {@link Features#TRANSPORT}
     */
    public VirtioMmio(VirtioDevice device, GuestMemory memory, InterruptLine line, long transport) {
        this.device = device;
        this.config = device.config();
        this.memory = memory;
        this.attention = new Attention(line);
        this.offered = device.features() & Features.OF_DEVICE | transport & Features.TRANSPORT | Features.VERSION_1;
        this.queues = new QueueRegisters[device.queues()];
        for (int i = 0; i < queues.length; i++) {
            queues[i] = new QueueRegisters();
        }
        config.listen(attention::configChanged);
    }

    @Override
    public long read(long offset, int size) {
        if (offset >= CONFIG) {
            return offset < SIZE ? config.read((int) offset - CONFIG, size) : 0;
        }
        if (size != 4 || (offset & 3) != 0) {
            return 0;
        }
        return readRegister((int) offset) & LOW;
    }

    private long readRegister(int offset) {
        return switch (offset) {
            case 0x000 -> MAGIC;
            case 0x004 -> VERSION;
            case 0x008 -> device.type();
            case 0x00C -> VENDOR;
            case 0x060 -> attention.causes();
            case 0x070 -> status();
            // Of shared memory there is none, which a length of all ones says (section 4.2.2.1).
            case 0x0B0, 0x0B4, 0x0B8, 0x0BC -> -1;
            case 0x0FC -> config.generation();
            default -> readSelected(offset);
        };
    }

    private synchronized long readSelected(int offset) {
        boolean exists = queueSelected >= 0 && queueSelected < queues.length;
        return switch (offset) {
            case 0x010 -> half(offered, deviceFeaturesSelected);
            case 0x034 -> exists ? device.queueSize(queueSelected) : 0;
            case 0x044 -> exists && queues[queueSelected].ready ? 1 : 0;
            default -> 0;
        };
    }

    private static long half(long features, int selected) {
        return switch (selected) {
            case 0 -> features;
            case 1 -> features >>> 32;
            default -> 0;
        };
    }

    private synchronized int status() {
        return status | (attention.needsReset() ? NEEDS_RESET : 0);
    }

    @Override
    public void write(long offset, int size, long value) {
        if (offset >= CONFIG) {
            if (offset < SIZE) {
                device.configWritten((int) offset - CONFIG, size, value);
            }
        } else if (size == 4 && (offset & 3) == 0) {
            writeRegister((int) offset, (int) value);
        }
    }

    private void writeRegister(int offset, int value) {
        switch (offset) {
            case 0x050 -> notifyQueue(value);
            case 0x064 -> attention.acknowledge(value);
            case 0x014, 0x020, 0x024, 0x030 -> writeSelection(offset, value);
            case 0x070 -> writeStatus(value);
            default -> writeQueue(offset, value);
        }
    }

    /**
     * Does what a write to the register for notifications does; for whoever hears of it by another way. It takes no
     * lock for long.
     *
     * @param queue the queue's number; one that does not exist has no effect
     */
    public void notifyQueue(int queue) {
        notifications.incrementAndGet();
        GuestDriver to = driver;
        if (to != null && queue >= 0 && queue < queues.length) {
            to.signal(queue);
        }
    }

    private synchronized void writeSelection(int offset, int value) {
        switch (offset) {
            case 0x014 -> deviceFeaturesSelected = value;
            case 0x024 -> driverFeaturesSelected = value;
            case 0x030 -> queueSelected = value;
            default -> selectFeatures(value);
        }
    }

    private void selectFeatures(int value) {
        if ((status & FEATURES_OK) != 0) {
            return;
        }
        if (driverFeaturesSelected == 0) {
            driverFeatures = driverFeatures & ~LOW | value & LOW;
        } else if (driverFeaturesSelected == 1) {
            driverFeatures = driverFeatures & LOW | (long) value << 32;
        } else if (value != 0) {
            foreignFeatures = true;
        }
    }

    private synchronized void writeQueue(int offset, int value) {
        if (queueSelected < 0 || queueSelected >= queues.length) {
            return;
        }
        QueueRegisters queue = queues[queueSelected];
        if (offset == 0x044) {
            setReady(queue, (value & 1) != 0);
        } else if (!queue.ready && driver == null) {
            writeQueueSetting(queue, offset, value);
        }
    }

    private static void writeQueueSetting(QueueRegisters queue, int offset, int value) {
        switch (offset) {
            case 0x038 -> queue.size = value;
            case 0x080 -> queue.descriptors = queue.descriptors & ~LOW | value & LOW;
            case 0x084 -> queue.descriptors = queue.descriptors & LOW | (long) value << 32;
            case 0x090 -> queue.driver = queue.driver & ~LOW | value & LOW;
            case 0x094 -> queue.driver = queue.driver & LOW | (long) value << 32;
            case 0x0A0 -> queue.device = queue.device & ~LOW | value & LOW;
            case 0x0A4 -> queue.device = queue.device & LOW | (long) value << 32;
            default -> {
                // Registers for reading only, and none.
            }
        }
    }

    /** Before DRIVER_OK a queue comes and goes; then it can only be stopped, for which what is being served ends. */
    private void setReady(QueueRegisters queue, boolean ready) {
        GuestDriver current = driver;
        if (current == null) {
            queue.ready = ready;
        } else if (queue.ready && !ready) {
            queue.ready = false;
            current.worker().pause();
            current.queue(queueSelected).close();
            if (!attention.isPaused()) {
                current.worker().resume();
            }
        }
    }

    private synchronized void writeStatus(int value) {
        if (value == 0) {
            reset();
            return;
        }
        status |= value & FAILED;
        for (int step : STEPS) {
            if ((value & step) == 0 || (status & FAILED) != 0 || step == FEATURES_OK && !featuresFit()) {
                return;
            }
            if ((status & step) == 0) {
                status |= step;
                if (step == DRIVER_OK) {
                    start();
                }
            }
        }
    }

    private boolean featuresFit() {
        return !foreignFeatures && (driverFeatures & ~offered) == 0 && (driverFeatures & Features.VERSION_1) != 0;
    }

    private void start() {
        GuestDriver made = meet();
        for (int i = 0; i < queues.length; i++) {
            made.setQueue(i, queues[i].make(made, i, device.queueSize(i)));
        }
        activate(made);
        begin(made);
    }

    private GuestDriver meet() {
        GuestDriver made = new GuestDriver(this, memory, device, driverFeatures);
        attention.meet(made);
        driver = made;
        return made;
    }

    private void activate(GuestDriver made) {
        try {
            device.activate(made);
        } catch (RuntimeException | OutOfMemoryError e) {
            made.fail("the device failed: " + e);
        }
    }

    private void begin(GuestDriver made) {
        if (attention.isPaused()) {
            made.worker().pause();
        }
        made.worker().start();
    }

    /**
     * Resets the device, as its driver does by writing 0 to the status, or the machine when it starts anew. It waits
     * for the end of the request that is being served.
     */
    public synchronized void reset() {
        GuestDriver last = driver;
        if (last != null) {
            last.worker().stop();
            for (int i = 0; i < queues.length; i++) {
                last.queue(i).close();
            }
        }
        driver = null;
        attention.reset();
        device.reset();
        status = 0;
        deviceFeaturesSelected = 0;
        driverFeaturesSelected = 0;
        driverFeatures = 0;
        foreignFeatures = false;
        queueSelected = 0;
        for (QueueRegisters queue : queues) {
            queue.clear();
        }
    }

    /**
     * Has the device rest between two requests, and waits until it does. Until {@link #resume} it does nothing with
     * guest memory and does not interrupt, whatever its host's end does, and even if a driver comes only then. What the
     * driver and the host do meanwhile waits. Once more has no effect.
     */
    public synchronized void pause() {
        GuestDriver current = driver;
        if (current != null) {
            current.worker().pause();
        }
        attention.pause();
    }

    /** Has the device go on after {@link #pause}, or after it was loaded. */
    public synchronized void resume() {
        attention.resume();
        GuestDriver current = driver;
        if (current != null) {
            current.worker().resume();
        }
    }

    /**
     * Saves or loads the registers, the queues and the device's own state. The device is paused when it is saved, and
     * is paused once it is loaded.
     *
     * <p>To be loaded before the interrupt controller: the wire is then as high as it was, and interrupts nobody, since
     * all pins are masked.
     *
     * @param state where to, or where from
     * @throws belljar.failure.UserException if what is loaded cannot be this device's state
     */
    @Override
    public synchronized void transfer(StateStream state) {
        if (state.isLoading()) {
            pause();
            reset();
        } else if (!attention.isPaused()) {
            throw new BugException("the state of a device that is not paused", null);
        }
        state.section("virtio device " + device.type());
        status = state.number(status, 0, 0xFF);
        deviceFeaturesSelected = state.number(deviceFeaturesSelected);
        driverFeaturesSelected = state.number(driverFeaturesSelected);
        driverFeatures = state.number(driverFeatures);
        foreignFeatures = state.flag(foreignFeatures);
        queueSelected = state.number(queueSelected);
        attention.transfer(state);
        config.transfer(state);
        for (QueueRegisters queue : queues) {
            queue.transfer(state);
        }
        if (state instanceof StateReader reader) {
            check(reader);
            meetAgain(reader);
        }
        GuestDriver current = driver;
        boolean works = current != null && !attention.needsReset();
        for (int i = 0; current != null && works && i < queues.length; i++) {
            if (queues[i].ready) {
                current.queue(i).transfer(state);
            }
        }
        device.transfer(state);
        if (state.isLoading() && current != null && works) {
            begin(current);
        }
    }

    private void check(StateReader reader) {
        int done = 0;
        for (int step : STEPS) {
            if ((status & step) == 0) {
                break;
            }
            done |= step;
        }
        if ((status & ~FAILED) != done) {
            throw reader.damaged("a status of 0x" + Integer.toHexString(status));
        }
        if ((status & FEATURES_OK) != 0 && !featuresFit()) {
            throw reader.damaged("features that the device does not offer");
        }
        if ((status & DRIVER_OK) == 0 && !attention.isQuiet()) {
            throw reader.damaged("an interrupt without a driver");
        }
    }

    /** Finds the driver again that was there. Where it has broken the device, there is nothing left but the reset. */
    private void meetAgain(StateReader reader) {
        if ((status & DRIVER_OK) == 0) {
            return;
        }
        boolean works = !attention.needsReset();
        GuestDriver made = meet();
        for (int i = 0; i < queues.length; i++) {
            made.setQueue(i, works ? queues[i].make(made, i, device.queueSize(i)) : QueueRegisters.makeEmpty(made, i));
        }
        if (works) {
            if (attention.needsReset()) {
                throw reader.damaged("a queue that cannot be");
            }
            activate(made);
        }
    }

    /** Resets the device and gives the host's things back. There may be no access afterwards. */
    @Override
    public synchronized void close() {
        reset();
        device.close();
    }

    void usedBuffers(GuestDriver from) {
        attention.raise(from, Attention.USED_BUFFER);
    }

    void needsReset(GuestDriver from, String why) {
        attention.needsReset(from, why);
    }

    /** {@return what went through here so far} */
    public TransportMetrics metrics() {
        return attention.metrics(notifications.get());
    }

    /** {@return why the device waits for a reset, in a few words; empty if it does not} */
    public Optional<String> fault() {
        return attention.fault();
    }
}
