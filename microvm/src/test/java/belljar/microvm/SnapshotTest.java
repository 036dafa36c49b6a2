package belljar.microvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.UserException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(60)
final class SnapshotTest {
    private static final long MEMORY = 16L << 20;

    @TempDir
    private Path directory;

    /** Says a letter, then says each key that is typed once more, and ends with the status 3 at a full stop. */
    private static MachineSpec echo(Hardware hardware) {
        String read = "66bafc03b002ee" + "66bafd03" + "eca801" + "74fb" + "66baf803ec";
        String ends = "3c2e" + "7403" + "ee" + "ebeb"; // back to reading the line status
        return new MachineSpec(
                TinyKernel.ofHex(TinyKernel.say(">"), read, ends, TinyKernel.exit(1)), Optional.empty(), "", hardware);
    }

    private static Hardware plain() {
        return plain(EngineKind.TRANSLATOR);
    }

    private static Hardware plain(EngineKind engine) {
        return Hardware.of(MEMORY, 1, engine);
    }

    private static List<EngineKind> engines() {
        boolean hasKvm = Files.isWritable(Path.of("/dev/kvm"));
        return hasKvm ? List.of(EngineKind.TRANSLATOR, EngineKind.KVM) : List.of(EngineKind.TRANSLATOR);
    }

    /** Output that can be waited for. */
    private static final class Console extends OutputStream {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        @Override
        public synchronized void write(int b) {
            bytes.write(b);
            notifyAll();
        }

        synchronized void await(String text) throws InterruptedException {
            while (!bytes.toString(StandardCharsets.US_ASCII).contains(text)) {
                wait();
            }
        }

        synchronized String text() {
            return bytes.toString(StandardCharsets.US_ASCII);
        }
    }

    private static void type(VirtualMachine machine, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        machine.type(bytes, bytes.length);
    }

    /** {@return a snapshot of a machine that has said what was typed} */
    private Path taken(Hardware hardware) throws InterruptedException {
        Path to = directory.resolve("taken");
        Console console = new Console();
        try (VirtualMachine machine = VirtualMachine.create(echo(hardware), console)) {
            machine.start();
            type(machine, "ab");
            console.await(">ab");
            machine.save(to, true);
            type(machine, "c");
            console.await(">abc");
        }
        return to;
    }

    @ParameterizedTest
    @MethodSource("engines")
    void aMachineGoesOnWhereItWasHoweverOften(EngineKind engine) throws InterruptedException {
        Path taken = taken(plain(engine));

        for (String text : List.of("xy", "z")) {
            Console console = new Console();
            Snapshot snapshot = Snapshot.open(taken);
            try (VirtualMachine machine = VirtualMachine.restore(snapshot, snapshot.hardware(), console)) {
                machine.start();
                type(machine, text + ".");
                assertThat(machine.await().status()).hasValue(3);
            }
            assertThat(console.text()).isEqualTo(text);
        }
    }

    @Test
    void theMemoryIsSparse() throws InterruptedException, IOException {
        Path memory = taken(plain()).resolve("memory");

        assertThat(Files.size(memory)).isEqualTo(MEMORY + 4096);
        assertThat(allocated(memory)).isLessThan(MEMORY / 4);
    }

    /** Bytes that a file takes on the disk, by stat(1). */
    private static long allocated(Path file) throws IOException {
        Process stat = new ProcessBuilder("stat", "-c", "%b", file.toString()).start();
        return 512
                * Long.parseLong(new String(stat.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip());
    }

    @ParameterizedTest
    @MethodSource("engines")
    void aMachineThatIsToStopDoesNothingAfterItsSnapshot(EngineKind engine) throws InterruptedException {
        Console console = new Console();
        Path to = directory.resolve("last");
        try (VirtualMachine machine = VirtualMachine.create(echo(plain(engine)), console)) {
            machine.start();
            console.await(">");
            machine.save(to, false);
            assertThat(machine.await().kind()).isEqualTo(VirtualMachine.Kind.OFF);
            assertThatThrownBy(() -> machine.save(directory.resolve("later"), true))
                    .isInstanceOf(UserException.class)
                    .hasMessageContaining("has ended");
        }
        assertThat(Snapshot.open(to).hardware()).isEqualTo(plain(engine));
        assertThat(directory.resolve("later")).doesNotExist();
    }

    @Test
    void whatIsNotWrittenIsNotLeftBehind() throws IOException, InterruptedException {
        try (VirtualMachine machine = VirtualMachine.create(echo(plain()), new Console())) {
            machine.start();
            Path there = Files.createDirectory(directory.resolve("there"));
            assertThatThrownBy(() -> machine.save(there, true))
                    .isInstanceOf(UserException.class)
                    .hasMessageContaining("already");
            assertThatThrownBy(() -> machine.save(directory.resolve("absent/snapshot"), true))
                    .isInstanceOf(UserException.class)
                    .hasMessageContaining("there is no directory");
            type(machine, ".");
            assertThat(machine.await().status()).hasValue(3);
        }
        try (Stream<Path> left = Files.list(directory)) {
            assertThat(left).containsExactly(directory.resolve("there"));
        }
    }

    private static void refuses(Path snapshot, String text) {
        assertThatThrownBy(() -> Snapshot.open(snapshot))
                .isInstanceOf(UserException.class)
                .hasMessageContaining(snapshot.toString())
                .hasMessageContaining(text)
                .hasMessageNotContaining("\n");
    }

    @Test
    void refusesWhatIsNoSnapshotOrNotWhole() throws IOException, InterruptedException {
        refuses(directory.resolve("absent"), "is no snapshot");
        Path taken = taken(plain());
        Path state = taken.resolve("state");
        byte[] good = Files.readAllBytes(state);
        for (int i = 0; i < good.length; i++) {
            byte[] bad = good.clone();
            bad[i] ^= 0x10;
            Files.write(state, bad);
            refuses(taken, "snapshot");
            Files.write(state, Arrays.copyOf(good, i));
            refuses(taken, "snapshot");
        }
        byte[] later = good.clone();
        later[8]++;
        Files.write(state, later);
        refuses(taken, "format 2");
        Files.write(state, good);

        try (RandomAccessFile memory =
                new RandomAccessFile(taken.resolve("memory").toFile(), "rw")) {
            memory.seek(MEMORY + 20);
            memory.write('!');
            refuses(taken, "belongs to another");
            memory.setLength(MEMORY);
            refuses(taken, "its memory has " + MEMORY);
        }
        Files.delete(taken.resolve("memory"));
        refuses(taken, "no file memory");
    }

    private Path disk(String name, int size) throws IOException {
        return Files.write(directory.resolve(name), new byte[size]);
    }

    private void refusesToRestore(Snapshot snapshot, Hardware hardware, String text) {
        assertThatThrownBy(() -> VirtualMachine.restore(snapshot, hardware, new Console()))
                .isInstanceOf(UserException.class)
                .hasMessageContaining(text);
    }

    @Test
    void refusesOtherHardwareAndADiskThatHasChanged() throws IOException, InterruptedException {
        Path disk = disk("disk", 4096);
        List<DiskSpec> disks = List.of(new DiskSpec(disk, false));
        Hardware hardware = plain().with(disks, List.of(), Optional.empty());
        Snapshot snapshot = Snapshot.open(taken(hardware));

        VirtualMachine.restore(snapshot, snapshot.hardware(), new Console()).close();
        refusesToRestore(snapshot, plain(), "1 disks");
        Hardware readOnly = plain().with(List.of(new DiskSpec(disk, true)), List.of(), Optional.empty());
        refusesToRestore(snapshot, readOnly, "for reading only");
        Files.setLastModifiedTime(disk, FileTime.from(Instant.EPOCH));
        refusesToRestore(snapshot, snapshot.hardware(), "was written to after the snapshot");
        Hardware copy = plain().with(List.of(new DiskSpec(disk("copy", 4096), false)), List.of(), Optional.empty());
        VirtualMachine.restore(snapshot, copy, new Console()).close();
        Hardware larger = plain().with(List.of(new DiskSpec(disk("larger", 8192), false)), List.of(), Optional.empty());
        refusesToRestore(snapshot, larger, "8192");
        Files.delete(disk);
        refusesToRestore(snapshot, snapshot.hardware(), "there is no disk");
    }

    @ParameterizedTest
    @MethodSource("engines")
    void aForgedStateBreaksAtMostItsOwnGuest(EngineKind engine) throws IOException, InterruptedException {
        long seed = System.nanoTime();
        System.out.println("forging with the seed " + seed);
        Random random = new Random(seed);
        Path taken = taken(Hardware.of(MEMORY, 2, engine));
        Path state = taken.resolve("state");
        byte[] good = Files.readAllBytes(state);
        int describing = ByteBuffer.wrap(good).order(ByteOrder.LITTLE_ENDIAN).getInt(12);
        int first = 20 + describing;
        int restored = 0;
        for (int i = 0; i < 400; i++) {
            byte[] forged = good.clone();
            for (int changes = random.nextInt(1, 4); changes > 0; changes--) {
                int at = random.nextInt(first, good.length - 4);
                forged[at] = (byte) (random.nextBoolean() ? random.nextInt() : forged[at] ^ 1 << random.nextInt(8));
            }
            CRC32C sum = new CRC32C();
            sum.update(forged, 0, forged.length - 4);
            ByteBuffer.wrap(forged).order(ByteOrder.LITTLE_ENDIAN).putInt(forged.length - 4, (int) sum.getValue());
            Files.write(state, forged);
            restored += livesFor(Snapshot.open(taken)) ? 1 : 0;
        }
        assertThat(restored).isGreaterThan(100);
    }

    /** Restores and runs for a moment; {@return whether the state was taken}. */
    private static boolean livesFor(Snapshot snapshot) throws InterruptedException {
        VirtualMachine machine;
        try {
            machine = VirtualMachine.restore(snapshot, snapshot.hardware(), OutputStream.nullOutputStream());
        } catch (UserException refused) {
            return false;
        }
        try (machine) {
            machine.start();
            type(machine, "k.");
            Thread.sleep(2);
            machine.pause();
            machine.powerOff();
            machine.await(); // throws what a CPU has failed with
        }
        return true;
    }
}
