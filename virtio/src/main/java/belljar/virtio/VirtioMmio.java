package belljar.virtio;

import belljar.machine.Device;
import belljar.machine.GuestMemory;
import belljar.machine.InterruptLine;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The registers of a device, in memory (virtio 1.2, section 4.2.2, version 2 of the layout). Registers are read and
 * written as 32 bits, the device's configuration in any size; other accesses read zeros and change nothing.
 *
 * <p>A reset waits until the device has let go of the guest's memory, so a driver that reads the status back need not
 * wait for itself. Safe for use by several threads.
 */
public final class VirtioMmio implements Device, AutoCloseable {
    /** Bytes of addresses: the registers and 256 bytes of configuration. */
    public static final int SIZE = 0x200;

    static final int USED_BUFFER = 1;
    static final int CONFIGURATION = 2;

    private static final int MAGIC = 0x7472_6976;
    private static final int VENDOR = 0x4A4C_4542; // BELJ
    private static final int CONFIG = 0x100;
    private static final int MOST_QUEUES = 64;

    private static final int DRIVER_OK = 4;
    private static final int FEATURES_OK = 8;
    private static final int NEEDS_RESET = 64;
    private static final int STATUS_BITS = 0xCF;

    private final VirtioDevice device;
    private final GuestMemory memory;
    private final InterruptLine line;
    private final QueueSetup[] setups;
    private final Object interrupts = new Object();
    private int interruptStatus;
    private int status;
    private int deviceFeaturesHalf;
    private int driverFeaturesHalf;
    private long driverFeatures;
    private int queue;
    private volatile @Nullable GuestDriver driver;
    private volatile String fault = "";

    /**
     * Makes the registers of a device.
     *
     * @param device the device, which this has to itself
     * @param memory the machine's memory
     * @param line the device's interrupt, which is high while there is something to tell
     */
    public VirtioMmio(VirtioDevice device, GuestMemory memory, InterruptLine line) {
        this.device = device;
        this.memory = memory;
        this.line = line;
        setups = new QueueSetup[Math.min(device.queues(), MOST_QUEUES)];
        for (int i = 0; i < setups.length; i++) {
            setups[i] = new QueueSetup(device.queueSize(i));
        }
        device.config().listen(() -> interrupt(CONFIGURATION));
    }

    private long offered() {
        return device.features() & Features.OF_DEVICE | Features.TRANSPORT;
    }

    /** {@return why the device waits for a reset; empty if it does not} */
    public Optional<String> fault() {
        return fault.isEmpty() ? Optional.empty() : Optional.of(fault);
    }

    @Override
    public long read(long offset, int size) {
        if (offset >= CONFIG) {
            return device.config().read((int) offset - CONFIG, size);
        }
        if (size != 4 || (offset & 3) != 0) {
            return 0;
        }
        return register((int) offset) & 0xFFFF_FFFFL;
    }

    private int register(int offset) {
        return switch (offset) {
            case 0x00 -> MAGIC;
            case 0x04 -> 2;
            case 0x08 -> device.type();
            case 0x0C -> VENDOR;
            case 0x10 -> deviceFeatures();
            case 0x34 -> setup().map(QueueSetup::most).orElse(0);
            case 0x44 -> setup().map(it -> it.ready() ? 1 : 0).orElse(0);
            case 0x60 -> interruptStatus();
            case 0x70 -> status();
            // There is no shared memory: its length reads as all ones.
            case 0xB0, 0xB4, 0xB8, 0xBC -> -1;
            case 0xFC -> device.config().generation();
            default -> 0;
        };
    }

    private synchronized int deviceFeatures() {
        return deviceFeaturesHalf == 0 ? (int) offered() : deviceFeaturesHalf == 1 ? (int) (offered() >>> 32) : 0;
    }

    private synchronized Optional<QueueSetup> setup() {
        return queue >= 0 && queue < setups.length ? Optional.of(setups[queue]) : Optional.empty();
    }

    private int interruptStatus() {
        synchronized (interrupts) {
            return interruptStatus;
        }
    }

    private synchronized int status() {
        return status | (fault.isEmpty() ? 0 : NEEDS_RESET);
    }

    @Override
    public void write(long offset, int size, long value) {
        if (offset >= CONFIG) {
            device.configWritten((int) offset - CONFIG, size, value);
        } else if (size == 4 && (offset & 3) == 0) {
            register((int) offset, (int) value);
        }
    }

    private void register(int offset, int value) {
        switch (offset) {
            case 0x50 -> notified(value);
            case 0x64 -> acknowledge(value);
            default -> setUp(offset, value);
        }
    }

    private void notified(int index) {
        GuestDriver now = driver;
        if (now != null) {
            now.signal(index & 0xFFFF);
        }
    }

    private synchronized void setUp(int offset, int value) {
        switch (offset) {
            case 0x14 -> deviceFeaturesHalf = value;
            case 0x20 -> takeFeatures(value);
            case 0x24 -> driverFeaturesHalf = value;
            case 0x30 -> queue = value;
            case 0x70 -> setStatus(value);
            default -> {
                // A queue is set up before the driver says that it is ready, and not afterwards.
                if ((status & DRIVER_OK) == 0) {
                    setup().ifPresent(it -> it.write(offset, value));
                }
            }
        }
    }

    private void takeFeatures(int value) {
        if ((status & FEATURES_OK) != 0) {
            return;
        }
        long half = value & 0xFFFF_FFFFL;
        if (driverFeaturesHalf == 0) {
            driverFeatures = driverFeatures & ~0xFFFF_FFFFL | half;
        } else if (driverFeaturesHalf == 1) {
            driverFeatures = driverFeatures & 0xFFFF_FFFFL | half << 32;
        }
    }

    private void setStatus(int value) {
        if (value == 0) {
            reset();
            return;
        }
        int wanted = (value | status) & STATUS_BITS;
        boolean fits = (driverFeatures & ~offered()) == 0 && (driverFeatures & Features.VERSION_1) != 0;
        if ((wanted & FEATURES_OK) != 0 && !fits) {
            // The driver reads the bit back, and learns that these features cannot be.
            wanted &= ~FEATURES_OK;
        }
        boolean begins = (wanted & ~status & DRIVER_OK) != 0;
        status = wanted;
        if (begins && (wanted & FEATURES_OK) != 0) {
            begin();
        }
    }

    private void begin() {
        GuestDriver begun = new GuestDriver(this, device, memory, driverFeatures);
        List<Virtqueue> queues = new ArrayList<>();
        for (int i = 0; i < setups.length; i++) {
            Virtqueue made = setups[i].make(begun, i);
            if (made == null) {
                fault = "queue " + i + " is not within memory, or not aligned";
                interrupt(CONFIGURATION);
                return;
            }
            queues.add(made);
        }
        driver = begun;
        begun.begin(queues);
        // What the driver put into the queues before it was ready it need not tell of.
        for (int i = 0; i < queues.size(); i++) {
            begun.signal(i);
        }
    }

    private void reset() {
        GuestDriver old = driver;
        driver = null;
        if (old != null) {
            old.end();
        }
        device.reset();
        status = 0;
        fault = "";
        driverFeatures = 0;
        deviceFeaturesHalf = 0;
        driverFeaturesHalf = 0;
        queue = 0;
        for (QueueSetup each : setups) {
            each.reset();
        }
        acknowledge(-1);
    }

    /** Tells the driver of something, from any thread. */
    void interrupt(int what) {
        synchronized (interrupts) {
            interruptStatus |= what;
            line.set(true);
        }
    }

    private void acknowledge(int what) {
        synchronized (interrupts) {
            interruptStatus &= ~what;
            if (interruptStatus == 0) {
                line.set(false);
            }
        }
    }

    /**
     * Breaks the device, if the driver is still the same. Takes no lock, since a reset holds it while it waits for the
     * thread that this is called by.
     */
    void needsReset(GuestDriver who, String why) {
        if (driver == who) {
            fault = why;
            interrupt(CONFIGURATION);
        }
    }

    /** Ends the device, and gives back what it held of the host's. Once, when no CPU runs any more. */
    @Override
    public void close() {
        synchronized (this) {
            reset();
        }
        device.close();
    }
}
