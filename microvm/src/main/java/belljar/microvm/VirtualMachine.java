package belljar.microvm;

import belljar.failure.BelljarException;
import belljar.failure.BugException;
import belljar.failure.UserException;
import belljar.linux.Tap;
import belljar.machine.AcpiTables;
import belljar.machine.BootLoader;
import belljar.machine.Clock;
import belljar.machine.GuestMemory;
import belljar.machine.PowerControl;
import belljar.machine.ResetVector;
import belljar.machine.StartState;
import belljar.machine.StateReader;
import belljar.machine.StateStream;
import belljar.machine.StateWriter;
import belljar.machine.Vcpu;
import belljar.translator.Profile;
import belljar.translator.SoftwareCpu;
import belljar.virtio.BalloonDevice;
import belljar.virtio.BlockDevice;
import belljar.virtio.ConsoleDevice;
import belljar.virtio.EntropyDevice;
import belljar.virtio.NetDevice;
import belljar.virtio.VsockDevice;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A virtual machine. It is made with its kernel loaded; {@link #start} begins to execute it, each virtual CPU on a
 * thread of its own. However it ends, {@link #close} gives back all that it held.
 *
 * <p>Safe for use by several threads.
 */
public final class VirtualMachine implements AutoCloseable {
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
    private final Board board;
    private final Hardware hardware;
    private final VirtioDevices virtio = new VirtioDevices();
    private final List<FileDisk> disks = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final List<Profile> profiles = new ArrayList<>();
    private final CountDownLatch over = new CountDownLatch(1);
    private final @Nullable BalloonDevice balloon;
    private final @Nullable ConsoleDevice console;
    private @Nullable Processors processors;
    private volatile boolean shutDown;
    private volatile @Nullable BelljarException failure;

    private VirtualMachine(GuestRam ram, Hardware hardware, OutputStream output) {
        this.ram = ram;
        this.hardware = hardware;
        boolean two = hardware.extras().contains(Hardware.Extra.CONSOLE);
        // Each console writes on a thread of its own.
        OutputStream shared = two ? new SharedOutput(output) : output;
        board = new Board(ram.memory(), new Clock(), shared, over::countDown, UnaryOperator.identity());
        console = two ? new ConsoleDevice(shared) : null;
        balloon = hardware.extras().contains(Hardware.Extra.BALLOON) ? new BalloonDevice(ram::release) : null;
    }

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
        Hardware hardware = spec.hardware().settled();
        return made(new VirtualMachine(GuestRam.map(hardware.memory()), hardware, console), machine -> {
            GuestMemory memory = machine.board.memory;
            List<AcpiTables.Window> windows = machine.connect();
            long rsdp = AcpiTables.write(memory, hardware.cpus(), windows);
            ResetVector.write(memory);
            machine.addProcessors(BootLoader.load(memory, spec.kernel(), spec.initrd(), spec.commandLine(), rsdp));
        });
    }

    /**
     * Makes a machine that is as one was when a snapshot of it was taken. Its memory is read from the snapshot as the
     * guest touches it, so the snapshot must stay as it is as long as the machine lives; any number of machines may be
     * made of one. The time of its clocks goes on from the snapshot's, but for the CMOS clock, which knows the time of
     * day; connections by its sockets to the host are cut, as the guest is told.
     *
     * @param snapshot the snapshot
     * @param given what it is to have: the snapshot's, or the same {@link Hardware#with} other ends on the host
     * @param console where its serial line's output goes; written to by one thread
     * @return the machine, which has not gone on
     * @throws belljar.failure.UserException if the snapshot does not fit, or a disk is not what it was
     * @throws belljar.failure.HostException if the host cannot carry it
     */
    public static VirtualMachine restore(Snapshot snapshot, Hardware given, OutputStream console) {
        Hardware hardware = given.settled();
        snapshot.checkFits(hardware);
        return made(new VirtualMachine(snapshot.mapMemory(), hardware, console), machine -> {
            machine.board.clock.pause();
            machine.connect();
            // Where they begin is what they load then.
            machine.addProcessors(new StartState(0, false, 0, 0, 0, 0, 0));
            machine.virtio.pause();
            StateReader state = snapshot.parts();
            machine.transfer(state);
            state.end();
        });
    }

    private static VirtualMachine made(VirtualMachine machine, Consumer<VirtualMachine> assembly) {
        try {
            assembly.accept(machine);
            return machine;
        } catch (RuntimeException | Error e) {
            machine.close();
            throw e;
        }
    }

    private List<AcpiTables.Window> connect() {
        virtio.add(new EntropyDevice(new SecureRandom()));
        for (DiskSpec disk : hardware.disks()) {
            FileDisk opened = FileDisk.open(disk);
            disks.add(opened);
            virtio.add(new BlockDevice(opened, String.valueOf(disk.file().getFileName()), disk.limit()));
        }
        for (NetSpec network : hardware.networks()) {
            virtio.add(new NetDevice(
                    new TapWire(tap(network.tap())),
                    network.address(),
                    ETHERNET_MTU,
                    network.limit(),
                    network.limit()));
        }
        hardware.vsock().ifPresent(it -> virtio.add(new VsockDevice(it.cid(), it.path())));
        if (balloon != null) {
            virtio.add(balloon);
        }
        if (console != null) {
            virtio.add(console);
        }
        return virtio.attach(board.memory, board.mmio, board.ioApic);
    }

    private static Tap tap(String name) {
        return Files.exists(Path.of("/sys/class/net", name)) ? Tap.attach(name) : Tap.create(name);
    }

    private void addProcessors(StartState start) {
        processors = new Processors(hardware, board.host(), board.apicBus, start, this::shutDown);
    }

    private List<Vcpu> cpus() {
        Processors made = processors;
        return made == null ? List.of() : made.all();
    }

    private void shutDown() {
        shutDown = true;
        board.power.reset();
    }

    /** Begins, or goes on after {@link #pause}. A machine that has ended does neither. */
    public synchronized void start() {
        if (over.getCount() == 0) {
            return;
        }
        board.clock.resume();
        virtio.resume();
        for (Vcpu cpu : cpus()) {
            // A platform thread: a CPU in the middle of a computation gives no carrier back.
            threads.add(Thread.ofPlatform().name("vcpu-" + cpu.index()).daemon().start(() -> run(cpu)));
        }
    }

    /** Has it stand still, between two instructions and two requests to devices, and waits until it does. */
    public synchronized void pause() {
        stop();
        board.clock.pause();
        virtio.pause();
    }

    private void stop() {
        // A CPU whose thread has ended, or that has none yet, would keep the request for its next one.
        if (threads.isEmpty()) {
            return;
        }
        for (Vcpu cpu : cpus()) {
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
        threads.clear();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Takes a snapshot. The machine is paused meanwhile.
     *
     * @param directory where to; nothing is there yet
     * @param goesOn whether the machine then goes on, if it ran; else it is powered off
     * @throws belljar.failure.UserException if something is there, or the machine has ended
     * @throws belljar.failure.HostException if it cannot be written; the machine goes on
     */
    public synchronized void save(Path directory, boolean goesOn) {
        Snapshot.checkFree(directory);
        boolean runs = !threads.isEmpty();
        pause();
        try {
            if (over.getCount() == 0) {
                throw new UserException("the machine has ended; a snapshot is taken of one that runs");
            }
            for (FileDisk disk : disks) {
                disk.sync();
            }
            StateWriter state = new StateWriter();
            transfer(state);
            Snapshot.write(directory, hardware, state, board.memory);
            if (!goesOn) {
                board.power.powerOff();
            }
        } finally {
            if (runs) {
                start();
            }
        }
    }

    /** The interrupt controller is last: what devices raise as they are loaded is in its state already. */
    private void transfer(StateStream state) {
        board.transfer(state);
        virtio.transfer(state);
        Processors all = processors;
        if (all != null) {
            all.transfer(state);
        }
        board.ioApic.transfer(state);
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
     * Has its CPUs note where their instructions go. Before it begins.
     *
     * @throws UserException if the host's hardware executes them
     */
    public void profile() {
        for (Vcpu cpu : cpus()) {
            if (!(cpu instanceof SoftwareCpu software)) {
                throw new UserException("only Belljar's own CPUs know where their instructions go; "
                        + "run the machine with --engine translator");
            }
            profiles.add(software.profile());
        }
    }

    /** {@return where the instructions went, as text; for a machine that does not run} */
    public String profileReport() {
        return Profile.report(profiles);
    }

    /** {@return what it has} */
    public Hardware hardware() {
        return hardware;
    }

    /**
     * Types on the serial line, or on the console of virtio if there is one.
     *
     * @param bytes what to type
     * @param length how many of them
     */
    public void type(byte[] bytes, int length) {
        ConsoleDevice other = console;
        if (other == null) {
            board.serial.receive(bytes, length);
        } else {
            other.receive(bytes, length);
        }
    }

    /**
     * Asks the guest to do without some of its memory, which then is the host's. It does so in its own time and as far
     * as it can, and takes memory back rather than run out of it.
     *
     * @param size bytes, 0 or more, less than it has
     * @throws UserException if it has not so much, or no balloon
     */
    public void inflateBalloon(long size) {
        BalloonDevice device = balloon;
        if (device == null) {
            throw new UserException("the machine has no balloon; run it with --balloon");
        }
        if (size < 0 || size >= hardware.memory()) {
            throw new UserException("a machine of " + (hardware.memory() >> 20) + " MiB cannot do without "
                    + (size >> 20) + " MiB; ask for less");
        }
        device.inflateTo(size);
    }

    /** {@return bytes that the guest does without at the moment} */
    public long balloonSize() {
        BalloonDevice device = balloon;
        return device == null ? 0 : device.size();
    }

    /** Powers it off, at once and without asking the guest. */
    public void powerOff() {
        board.power.powerOff();
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
        Kind kind = shutDown ? Kind.SHUTDOWN : board.power.state() == PowerControl.State.RESET ? Kind.RESET : Kind.OFF;
        return new Ended(kind, board.power.exitStatus());
    }

    /** {@return how many instructions its CPUs have executed, about; 0 where the hardware does that} */
    public long executed() {
        long sum = 0;
        for (Vcpu cpu : cpus()) {
            if (cpu instanceof SoftwareCpu software) {
                sum += software.executed();
            }
        }
        return sum;
    }

    /** Ends it, if it runs, and gives back what it held. What the guest has written to the console is passed on. */
    @Override
    public synchronized void close() {
        board.power.powerOff();
        stop();
        Processors made = processors;
        if (made != null) {
            made.close();
        }
        virtio.close();
        board.close();
        ram.close();
    }
}
