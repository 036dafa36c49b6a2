package belljar.bench;

import belljar.failure.HostException;
import belljar.machine.KernelImage;
import belljar.microvm.DiskSpec;
import belljar.microvm.EngineKind;
import belljar.microvm.Hardware;
import belljar.microvm.Kernels;
import belljar.microvm.MachineSpec;
import belljar.microvm.VirtualMachine;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** What small kernels of a few instructions show of a virtual machine, in this JVM and in QEMU without KVM. */
final class GuestBenchmark implements Benchmark {
    private static final int MEBIBYTE = 1 << 20;
    private static final int TURNS = 4_000_000;
    private static final int PER_SECOND = 80_000_000;
    private static final long START = 5_000_000;
    private static final int IDLE = 16;
    private static final int BOOTED = 3;
    private static final String PEER = "qemu pc, tcg, as a whole process";

    private final boolean computes;

    private GuestBenchmark(boolean computes) {
        this.computes = computes;
    }

    /** {@return how many instructions a second} */
    static GuestBenchmark instructions() {
        return new GuestBenchmark(true);
    }

    /** {@return how long until the first instruction, and what a machine takes in memory} */
    static GuestBenchmark machines() {
        return new GuestBenchmark(false);
    }

    @Override
    public String name() {
        return computes ? "instructions" : "machine";
    }

    @Override
    public String title() {
        return computes
                ? "integer code with paging: a generator of random numbers, a table of 1 MiB, branches and calls"
                : "a machine of 128 MiB with four devices until the first instruction ends it";
    }

    @Override
    public int rounds() {
        return computes ? 9 : 40;
    }

    @Override
    public int warmups() {
        return computes ? 3 : 40;
    }

    @Override
    public List<Goal> goals() {
        return List.of();
    }

    @Override
    public Lineup prepare(Machine machine, Scratch scratch) {
        Path qemu = Machine.need("qemu-system-x86_64", "is what Belljar is compared with");
        Path directory = scratch.directory("guest");
        Path kernel = directory.resolve("kernel");
        Path disk = directory.resolve("disk");
        byte[] file = computes ? TinyGuest.computing(TURNS) : TinyGuest.ending();
        try {
            Files.write(kernel, file);
            Files.write(disk, new byte[MEBIBYTE]);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Ours ours = new Ours(spec(file, disk));
        return new Lineup(
                List.of(ours, new Theirs(command(qemu, kernel, disk))),
                List.of(
                        "Belljar's machine is made and closed in a JVM that is warm",
                        computes
                                ? "the peer translates to machine code; a process that ends at once takes it some 0.1 s"
                                : "the devices are random numbers, a disk, a balloon and a console"),
                results -> computes ? rate(ours, results.getFirst()) : start(results.getFirst(), disk, scratch));
    }

    private MachineSpec spec(byte[] file, Path disk) {
        Hardware plain = Hardware.of(128L * MEBIBYTE, 1, EngineKind.TRANSLATOR);
        Hardware four = new Hardware(
                plain.memory(),
                1,
                EngineKind.TRANSLATOR,
                List.of(new DiskSpec(disk, true)),
                List.of(),
                Optional.empty(),
                Set.of(Hardware.Extra.BALLOON, Hardware.Extra.CONSOLE));
        return new MachineSpec(KernelImage.read(file), Optional.empty(), "", computes ? plain : four);
    }

    private List<String> command(Path qemu, Path kernel, Path disk) {
        List<String> words = new ArrayList<>(List.of(qemu.toString(), "-M", "pc,accel=tcg", "-m", "128"));
        words.addAll(List.of("-no-user-config", "-nodefaults", "-display", "none", "-kernel", kernel.toString()));
        words.addAll(List.of("-device", "isa-debug-exit,iobase=0xf4,iosize=0x4"));
        if (!computes) {
            words.addAll(List.of("-drive", "if=none,id=d,format=raw,readonly=on,file=" + disk));
            words.addAll(List.of("-device", "virtio-rng-pci", "-device", "virtio-blk-pci,drive=d"));
            words.addAll(List.of("-device", "virtio-balloon-pci", "-device", "virtio-serial-pci"));
        }
        return words;
    }

    private static List<String> rate(Ours ours, Samples times) {
        double rate = ours.executed * 1e9 / times.median();
        return List.of(String.format(
                Locale.ROOT,
                "%.0f million instructions in a run, %.0f million a second: goal >= %d %s",
                ours.executed / 1e6,
                rate / 1e6,
                PER_SECOND / 1_000_000,
                rate >= PER_SECOND ? "met" : "MISSED"));
    }

    private List<String> start(Samples times, Path disk, Scratch scratch) {
        MachineSpec spec = spec(TinyGuest.waiting(), disk);
        return List.of(
                "from the call to the first instruction: goal <= 5 ms " + (times.median() <= START ? "met" : "MISSED"),
                Residents.idle(IDLE, () -> begun(spec)),
                Residents.booted(BOOTED, Kernels.open(scratch.directory("kernels"))));
    }

    private static VirtualMachine begun(MachineSpec spec) {
        VirtualMachine machine = VirtualMachine.create(spec, OutputStream.nullOutputStream());
        machine.start();
        return machine;
    }

    private static final class Ours implements Side {
        private final MachineSpec spec;
        private long executed;

        Ours(MachineSpec spec) {
            this.spec = spec;
        }

        @Override
        public String name() {
            return "belljar, in a warm JVM";
        }

        @Override
        public boolean ours() {
            return true;
        }

        @Override
        public void run() {
            throw new IllegalStateException("is measured without its closing");
        }

        @Override
        public long measure() {
            long start = System.nanoTime();
            try (VirtualMachine machine = VirtualMachine.create(spec, OutputStream.nullOutputStream())) {
                machine.start();
                if (machine.await().status().isEmpty()) {
                    throw new HostException("the guest has crashed", null);
                }
                long end = System.nanoTime();
                executed = machine.executed();
                return end - start;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new Interrupted();
            }
        }
    }

    /** @param command starts QEMU, which the guest ends with code 1 */
    private record Theirs(List<String> command) implements Side {
        @Override
        public String name() {
            return PEER;
        }

        @Override
        public void run() {
            try {
                Process process = new ProcessBuilder(command).inheritIO().start();
                if (process.waitFor() != 1) {
                    throw new HostException("QEMU has ended with " + process.exitValue(), null);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new Interrupted();
            }
        }
    }
}
