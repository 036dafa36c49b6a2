package belljar.microvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.UserException;
import belljar.machine.KernelImage;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class VirtualMachineTest {
    private final ByteArrayOutputStream console = new ByteArrayOutputStream();

    private static MachineSpec spec(KernelImage kernel) {
        return spec(kernel, Hardware.of(16L << 20, 1, EngineKind.TRANSLATOR));
    }

    private static MachineSpec spec(KernelImage kernel, Hardware hardware) {
        return new MachineSpec(kernel, Optional.empty(), "", hardware);
    }

    private VirtualMachine.Ended run(KernelImage kernel) throws InterruptedException {
        try (VirtualMachine machine = VirtualMachine.create(spec(kernel), console)) {
            machine.start();
            return machine.await();
        }
    }

    private String said() {
        return console.toString(StandardCharsets.US_ASCII);
    }

    @Test
    void passesOnWhatTheGuestSaysAndItsStatus() throws InterruptedException {
        VirtualMachine.Ended ended = run(TinyKernel.ofHex(TinyKernel.say("hello"), TinyKernel.exit(21)));

        assertThat(said()).isEqualTo("hello");
        assertThat(ended.kind()).isEqualTo(VirtualMachine.Kind.OFF);
        assertThat(ended.status()).isEqualTo(OptionalInt.of(43));
    }

    @Test
    void runsOnKvmWhereThatIs() throws InterruptedException {
        Assumptions.assumeTrue(Files.isWritable(Path.of("/dev/kvm")), "there is no /dev/kvm that this user may use");
        KernelImage kernel = TinyKernel.ofHex(TinyKernel.say("hello"), TinyKernel.exit(21));
        MachineSpec onKvm = spec(kernel, Hardware.of(16L << 20, 1, EngineKind.KVM));

        try (VirtualMachine machine = VirtualMachine.create(onKvm, console)) {
            machine.start();
            assertThat(machine.await().status()).isEqualTo(OptionalInt.of(43));
        }
        assertThat(said()).isEqualTo("hello");
    }

    @Test
    void isPoweredOffByAcpi() throws InterruptedException {
        assertThat(run(TinyKernel.ofHex(TinyKernel.powerOff())))
                .isEqualTo(new VirtualMachine.Ended(VirtualMachine.Kind.OFF, OptionalInt.empty()));
    }

    @Test
    void saysThatTheGuestAskedForAReset() throws InterruptedException {
        assertThat(run(TinyKernel.ofHex("66ba0206b001ee", "f4ebfd")).kind()).isEqualTo(VirtualMachine.Kind.RESET);
    }

    @Test
    void saysThatTheGuestCrashed() throws InterruptedException {
        // An interrupt table of no entries, and an undefined instruction
        assertThat(run(TinyKernel.ofHex("6a006a000f011c24", "0f0b")).kind()).isEqualTo(VirtualMachine.Kind.SHUTDOWN);
    }

    @Test
    void givesTheGuestWhatIsTyped() throws InterruptedException {
        // Asks for bytes (request to send), waits for one (line status, bit 0), says it, and ends.
        String read = "66bafc03b002ee" + "66bafd03" + "eca801" + "74fb" + "66baf803ecee";
        try (VirtualMachine machine = VirtualMachine.create(
                spec(TinyKernel.ofHex(TinyKernel.say(">"), read, TinyKernel.powerOff())), console)) {
            machine.start();
            machine.type(new byte[] {'k'}, 1);
            machine.await();
        }

        assertThat(said()).isEqualTo(">k");
    }

    @Test
    void startsItsOtherCpusWhenTheFirstAsksForIt() throws InterruptedException {
        // In real mode at 0x8000: adds 1 to the counter at 0x9000, locked, and halts.
        String other = store(0x8000, 0xD88E_C031) + store(0x8004, 0x0006_FFF0) + store(0x8008, 0xFDEB_F490);
        // INIT and twice a start-up interrupt to all but itself (SDM volume 3, 11.6.1)
        String begin = store(0xFEE0_0300, 0x000C_4500) + store(0xFEE0_0300, 0x000C_4608);
        String untilThree = "66813d009000000300" + "75f5";
        KernelImage kernel = TinyKernel.ofHex(
                other, store(0x9000, 0), begin, store(0xFEE0_0300, 0x000C_4608), untilThree, TinyKernel.powerOff());
        MachineSpec four = spec(kernel, Hardware.of(16L << 20, 4, EngineKind.TRANSLATOR));

        try (VirtualMachine machine = VirtualMachine.create(four, console)) {
            machine.start();
            assertThat(machine.await().kind()).isEqualTo(VirtualMachine.Kind.OFF);
        }
    }

    /** Code that stores four bytes at an address. */
    private static String store(int address, int value) {
        HexFormat hex = HexFormat.of();
        return "c705" + hex.toHexDigits(Integer.reverseBytes(address)) + hex.toHexDigits(Integer.reverseBytes(value));
    }

    @Test
    void canBeEndedAtAnyTimeAndNeedNotBegin() throws InterruptedException {
        KernelImage forever = TinyKernel.ofHex("ebfe");
        VirtualMachine.create(spec(forever), console).close();
        try (VirtualMachine machine = VirtualMachine.create(spec(forever), console)) {
            machine.start();
            machine.powerOff();
            assertThat(machine.await().kind()).isEqualTo(VirtualMachine.Kind.OFF);
        }
    }

    @Test
    void givesItsMemoryBack() throws Exception {
        run(TinyKernel.ofHex(TinyKernel.powerOff()));
        long before = mapped();
        for (int i = 0; i < 20; i++) {
            run(TinyKernel.ofHex(TinyKernel.powerOff()));
        }

        assertThat(mapped() - before).isLessThan(20 * (16L << 20) / 2);
    }

    /** Bytes of this process's address space. */
    private static long mapped() throws Exception {
        String pages = Files.readString(Path.of("/proc/self/statm"));
        return Long.parseLong(pages.substring(0, pages.indexOf(' '))) * 4096;
    }

    @Test
    void refusesWhatDoesNotFit() {
        KernelImage kernel = TinyKernel.ofHex("f4");
        assertThatThrownBy(() -> Hardware.of(1 << 20, 1, EngineKind.TRANSLATOR))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("--memory");
        assertThatThrownBy(() -> Hardware.of(1L << 30, 65, EngineKind.TRANSLATOR))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("--cpus");
        MachineSpec large = new MachineSpec(
                kernel, Optional.of(new byte[8 << 20]), "", Hardware.of(4L << 20, 1, EngineKind.TRANSLATOR));
        assertThatThrownBy(() -> VirtualMachine.create(large, console))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("RAM disk");
    }
}
