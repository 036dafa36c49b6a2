package belljar.microvm;

import belljar.machine.AcpiTables;
import belljar.machine.BootLoader;
import belljar.machine.Clock;
import belljar.machine.Device;
import belljar.machine.GuestMemory;
import belljar.machine.ResetVector;
import belljar.machine.StartState;
import belljar.machine.StateReader;
import belljar.machine.StateStream;
import belljar.machine.StateWriter;
import belljar.machine.Vcpu;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.LongBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;

/**
 * A machine of one CPU whose time is counted in instructions, so that every run of a guest is the same, and which keeps
 * what the guest reads from devices and writes to them: the time, where, and the value.
 */
final class TracedMachine implements AutoCloseable {
    private static final int EVENT = 3;

    final Board board;
    private final Processors processors;
    private long[] events = new long[1 << 16];
    private int used;
    private volatile boolean ended;

    private TracedMachine(GuestMemory memory, OutputStream console, StartState start) {
        board = new Board(memory, Clock.counted(), console, () -> ended = true, Probe::new);
        Hardware hardware = Hardware.of(memory.size(), 1, EngineKind.TRANSLATOR);
        processors = new Processors(hardware, board.host(), board.apicBus, start, () -> ended = true);
    }

    private final class Probe implements Device {
        private final Device device;

        private Probe(Device device) {
            this.device = device;
        }

        @Override
        public long read(long offset, int size) {
            long value = device.read(offset, size);
            note(0, offset, size, value);
            return value;
        }

        @Override
        public void write(long offset, int size, long value) {
            note(1, offset, size, value);
            device.write(offset, size, value);
        }

        private void note(int kind, long offset, int size, long value) {
            if (used + EVENT > events.length) {
                events = Arrays.copyOf(events, 2 * events.length);
            }
            // Several devices have the same offsets, and different names
            int name = device.getClass().getName().hashCode();
            events[used++] = board.clock.nanos();
            events[used++] = (long) name << 32 | offset << 8 | (long) size << 4 | kind;
            events[used++] = value;
        }
    }

    /** Boots a kernel. */
    static TracedMachine boot(MachineSpec spec, OutputStream console) {
        GuestMemory memory = GuestMemory.allocate(spec.hardware().memory());
        long rsdp = AcpiTables.write(memory, 1, List.of());
        ResetVector.write(memory);
        return new TracedMachine(
                memory, console, BootLoader.load(memory, spec.kernel(), spec.initrd(), spec.commandLine(), rsdp));
    }

    /** Goes on from what {@link #save} has written. */
    static TracedMachine restore(Path directory, OutputStream console) throws IOException {
        Path file = directory.resolve("memory");
        TracedMachine made = new TracedMachine(
                GuestRam.map(file, Files.size(file)).memory(), console, new StartState(0, false, 0, 0, 0, 0, 0));
        StateReader state = new StateReader("parts", Files.readAllBytes(directory.resolve("parts")));
        made.transfer(state);
        state.end();
        return made;
    }

    private void transfer(StateStream state) {
        board.transfer(state);
        processors.transfer(state);
        board.ioApic.transfer(state);
    }

    /** {@return the states of all parts} */
    byte[] state() {
        StateWriter state = new StateWriter();
        transfer(state);
        return state.toBytes();
    }

    void save(Path directory) throws IOException {
        Files.createDirectory(directory);
        Files.write(directory.resolve("parts"), state());
        try (FileChannel file = FileChannel.open(
                directory.resolve("memory"), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (long at = 0; at < board.memory.size(); at += 1 << 20) {
                ByteBuffer piece = board.memory.bytes().asSlice(at, 1 << 20).asByteBuffer();
                while (piece.hasRemaining()) {
                    file.write(piece, at + piece.position());
                }
            }
        }
    }

    /** Executes until a time, or the guest's end; {@return whether it has not ended}. */
    boolean runUntil(long nanos) {
        Vcpu cpu = processors.all().getFirst();
        Clock.Alarm alarm = board.clock.alarm(cpu::stop);
        alarm.set(nanos);
        while (board.clock.nanos() < nanos && !ended) {
            cpu.run();
        }
        alarm.cancel();
        return !ended;
    }

    /** {@return the events since a number of them} Time, place and value of each. */
    long[] events(int from) {
        return Arrays.copyOfRange(events, from * EVENT, used);
    }

    int count() {
        return used / EVENT;
    }

    /** Writes numbers to a file. */
    static void write(Path file, long[] numbers) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(numbers.length * Long.BYTES);
        bytes.asLongBuffer().put(numbers);
        Files.write(file, bytes.array());
    }

    static long[] read(Path file) throws IOException {
        LongBuffer numbers = ByteBuffer.wrap(Files.readAllBytes(file)).asLongBuffer();
        long[] all = new long[numbers.remaining()];
        numbers.get(all);
        return all;
    }

    @Override
    public void close() {
        processors.close();
        board.close();
    }

    /**
     * Goes on from a snapshot in a JVM of its own.
     *
     * @param arguments the snapshot's directory, until when to run, and where to write the events and then the state
     */
    public static void main(String[] arguments) throws IOException {
        try (TracedMachine machine = restore(Path.of(arguments[0]), OutputStream.nullOutputStream())) {
            machine.runUntil(Long.parseLong(arguments[1]));
            write(Path.of(arguments[2]), machine.events(0));
            Files.write(Path.of(arguments[3]), machine.state());
            Files.write(Path.of(arguments[3] + ".memory"), sum(machine.board.memory));
        }
    }

    /** {@return a checksum of all of a memory} */
    static byte[] sum(GuestMemory memory) {
        java.util.zip.CRC32C sum = new java.util.zip.CRC32C();
        for (long at = 0; at < memory.size(); at += 1 << 20) {
            sum.update(memory.bytes().asSlice(at, 1 << 20).asByteBuffer());
        }
        return ByteBuffer.allocate(Long.BYTES).putLong(sum.getValue()).array();
    }
}
