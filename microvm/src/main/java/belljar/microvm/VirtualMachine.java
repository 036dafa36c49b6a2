package belljar.microvm;

import belljar.failure.BelljarException;
import belljar.failure.BugException;
import belljar.linux.Tap;
import belljar.machine.AcpiTables;
import belljar.machine.ApicBus;
import belljar.machine.BootLoader;
import belljar.machine.Bus;
import belljar.machine.Clock;
import belljar.machine.Cmos;
import belljar.machine.GuestLayout;
import belljar.machine.GuestMemory;
import belljar.machine.IoApic;
import belljar.machine.Pit;
import belljar.machine.PowerControl;
import belljar.machine.ResetVector;
import belljar.machine.SerialPort;
import belljar.machine.StartState;
import belljar.machine.Vcpu;
import belljar.translator.CpuHost;
import belljar.translator.SoftwareCpu;
import belljar.virtio.BlockDevice;
import belljar.virtio.EntropyDevice;
import belljar.virtio.NetDevice;
import belljar.virtio.VsockDevice;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * A virtual machine. It is made with its kernel loaded; {@link #start} begins to execute it, each virtual CPU on a
 * thread of its own. However it ends, {@link #close} gives back all that it held.
 *
 * <p>Safe for use by several threads.
 */
public final class VirtualMachine implements AutoCloseable {
    private static final int PIT_PORT = 0x40;
    private static final int SPEAKER_PORT = 0x61;
    private static final int KEYBOARD_PORT = 0x64;
    private static final int CMOS_PORT = 0x70;
    private static final int DEBUG_EXIT_PORT = 0xF4;
    private static final int RESET_CONTROL_PORT = 0xCF9;
    private static final int TIMER_INTERRUPT = 2;
    private static final int ETHERNET_MTU = 1500;

    /**
     * How a machine has ended.
     *
     * @param kind in which way
     * @param status what the guest gave as its exit status by the port for that; empty where it did not
     */
    public record Ended(Kind kind, OptionalInt status) {}

    /** In which way a machine ended. */
    public enum Kind {
        /** It was powered off. */
        OFF,
        /** It asked to be reset. */
        RESET,
        /** It left its CPU no way to go on: an exception in the middle of a double fault. */
        SHUTDOWN
    }

    private final GuestRam ram;
    private final Clock clock = new Clock();
    private final SerialPort serial;
    private final PowerControl power;
    private final List<Vcpu> cpus = new ArrayList<>();
    private @Nullable Processors processors;
    private final VirtioDevices virtio = new VirtioDevices();
    private final List<Thread> threads = new ArrayList<>();
    private final CountDownLatch over = new CountDownLatch(1);
    private volatile boolean shutDown;
    private volatile @Nullable BelljarException failure;

    private VirtualMachine(GuestRam ram, OutputStream console) {
        this.ram = ram;
        this.power = new PowerControl(state -> over.countDown());
        ApicBus apicBus = new ApicBus();
        this.ioApic = new IoApic(apicBus);
        this.apicBus = apicBus;
        this.serial = new SerialPort(ioApic.line(GuestLayout.SERIAL_INTERRUPT), console, clock);
    }

    private final ApicBus apicBus;
    private final IoApic ioApic;

    /**
     * Makes a machine and loads its kernel.
     *
     * @param spec what it is to be
     * @param console where its serial line's output goes; written to by one thread
     * @return the machine, which has not begun
     * @throws belljar.failure.UserException if what it is to be does not fit together, or not onto this host
     * @throws belljar.failure.HostException if the host cannot carry it
     */
    public static VirtualMachine create(MachineSpec spec, OutputStream console) {
        VirtualMachine machine = new VirtualMachine(GuestRam.map(spec.memory()), console);
        try {
            machine.assemble(spec);
            return machine;
        } catch (RuntimeException | Error e) {
            machine.close();
            throw e;
        }
    }

    private void assemble(MachineSpec spec) {
        GuestMemory memory = ram.memory();
        Bus mmio = new Bus();
        mmio.attach(GuestLayout.IO_APIC, 0x1000, ioApic);
        virtio.add(new EntropyDevice(new SecureRandom()));
        for (DiskSpec disk : spec.disks()) {
            FileDisk opened = FileDisk.open(disk);
            virtio.add(new BlockDevice(opened, String.valueOf(disk.file().getFileName())));
        }
        for (String tap : spec.taps()) {
            virtio.add(new NetDevice(new TapWire(tap(tap)), mac(), ETHERNET_MTU));
        }
        spec.vsock().ifPresent(it -> virtio.add(new VsockDevice(it.cid(), it.path())));
        List<AcpiTables.Window> windows = virtio.attach(memory, mmio, ioApic);
        long rsdp = AcpiTables.write(memory, spec.cpus(), windows);
        ResetVector.write(memory);
        StartState start = BootLoader.load(memory, spec.kernel(), spec.initrd(), spec.commandLine(), rsdp);
        CpuHost host = new CpuHost(memory, mmio, ports(), clock);
        Processors made = new Processors(spec, host, apicBus, start, this::shutDown);
        processors = made;
        cpus.addAll(made.all());
    }

    private static Tap tap(String name) {
        return Files.exists(Path.of("/sys/class/net", name)) ? Tap.attach(name) : Tap.create(name);
    }

    /** {@return an address that nobody administers, and hence nobody else has} */
    private static byte[] mac() {
        byte[] mac = new byte[NetDevice.MAC_SIZE];
        new SecureRandom().nextBytes(mac);
        mac[0] = (byte) (mac[0] & ~1 | 2);
        return mac;
    }

    private Bus ports() {
        Bus ports = new Bus();
        Pit pit = new Pit(ioApic.line(TIMER_INTERRUPT), clock);
        ports.attach(PIT_PORT, 4, pit);
        ports.attach(SPEAKER_PORT, 1, pit.speaker());
        ports.attach(KEYBOARD_PORT, 1, power.keyboardController());
        ports.attach(CMOS_PORT, 2, new Cmos(java.time.Clock.systemUTC()));
        ports.attach(DEBUG_EXIT_PORT, 4, power.debugExit());
        ports.attach(GuestLayout.SERIAL_PORT, 8, serial);
        ports.attach(GuestLayout.SLEEP_CONTROL_PORT, 2, power.sleepRegisters());
        ports.attach(GuestLayout.RESET_PORT, 1, power.resetRegister());
        ports.attach(RESET_CONTROL_PORT, 1, power.resetControl());
        return ports;
    }

    private void shutDown() {
        shutDown = true;
        power.reset();
    }

    /** Begins. */
    public synchronized void start() {
        for (Vcpu cpu : cpus) {
            // A platform thread: a CPU in the middle of a computation gives no carrier back.
            threads.add(Thread.ofPlatform().name("vcpu-" + cpu.index()).daemon().start(() -> run(cpu)));
        }
    }

    private void run(Vcpu cpu) {
        try {
            cpu.run();
        } catch (BelljarException e) {
            fail(e);
        } catch (RuntimeException | Error e) {
            fail(new BugException("virtual CPU " + cpu.index() + " failed: " + e, e));
        }
    }

    private void fail(BelljarException e) {
        failure = e;
        over.countDown();
    }

    /**
     * Types on the serial line.
     *
     * @param bytes what to type
     * @param length how many of them
     */
    public void type(byte[] bytes, int length) {
        serial.receive(bytes, length);
    }

    /** Powers it off, at once and without asking the guest. */
    public void powerOff() {
        power.powerOff();
    }

    /**
     * Waits for the machine's end.
     *
     * @return how it ended
     * @throws BelljarException what a virtual CPU or the host failed with
     * @throws InterruptedException if the thread is interrupted; the machine goes on
     */
    public Ended await() throws InterruptedException {
        over.await();
        BelljarException failed = failure;
        if (failed != null) {
            throw failed;
        }
        Kind kind = shutDown ? Kind.SHUTDOWN : power.state() == PowerControl.State.RESET ? Kind.RESET : Kind.OFF;
        return new Ended(kind, power.exitStatus());
    }

    /** {@return how many instructions its CPUs have executed, about; 0 where the hardware does that} */
    public long executed() {
        long sum = 0;
        for (Vcpu cpu : cpus) {
            if (cpu instanceof SoftwareCpu software) {
                sum += software.executed();
            }
        }
        return sum;
    }

    /** Ends it, if it runs, and gives back what it held. What the guest has written to the console is passed on. */
    @Override
    public synchronized void close() {
        power.powerOff();
        for (Vcpu cpu : cpus) {
            cpu.stop();
        }
        boolean interrupted = false;
        for (Thread thread : threads) {
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (processors != null) {
            processors.close();
        }
        virtio.close();
        clock.close();
        try {
            serial.close();
        } catch (IOException gone) {
            // Nobody is left to be told what the console said last.
        }
        ram.close();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
