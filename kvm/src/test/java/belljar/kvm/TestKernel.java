package belljar.kvm;

import belljar.machine.ApicBus;
import belljar.machine.BootLoader;
import belljar.machine.Bus;
import belljar.machine.Clock;
import belljar.machine.Cmos;
import belljar.machine.GuestLayout;
import belljar.machine.GuestMemory;
import belljar.machine.IoApic;
import belljar.machine.KernelImage;
import belljar.machine.LocalApic;
import belljar.machine.Pit;
import belljar.machine.PowerControl;
import belljar.machine.SerialPort;
import belljar.machine.StartState;
import belljar.machine.Vcpu;
import belljar.translator.CpuHost;
import belljar.translator.SoftwareCpu;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Runs one of kvm-unit-tests' kernels on a machine of its own. */
final class TestKernel {
    private static final int PASSED = 1;
    private static final int SKIPPED = 77;

    private final Path file;
    private final int cpus;
    private final int mebibytes;
    private final String arguments;
    private final boolean inKvm;

    TestKernel(Path file, int cpus, int mebibytes, String arguments, boolean inKvm) {
        this.inKvm = inKvm;
        this.file = file;
        this.cpus = cpus;
        this.mebibytes = mebibytes;
        this.arguments = arguments;
    }

    /**
     * How a run ended.
     *
     * @param status the exit status that the kernel gave; empty if it gave none
     * @param how why it ended
     * @param output what it wrote on its serial line
     */
    record Outcome(OptionalInt status, String how, String output) {
        /** {@return PASS, FAIL or SKIP, by the rules of the tests' own runner} */
        String verdict() {
            int code = status.orElse(-1);
            if (code != PASSED && code != SKIPPED) {
                return "FAIL";
            }
            boolean skipped = code == SKIPPED;
            for (String line : output.lines().toList()) {
                if (line.startsWith("SUMMARY: ")) {
                    String[] words = line.split("[ ,]+", -1);
                    int all = Integer.parseInt(words[1]);
                    int some = line.endsWith(" skipped") ? Integer.parseInt(words[words.length - 2]) : 0;
                    skipped = all == some;
                }
            }
            return skipped ? "SKIP" : "PASS";
        }
    }

    Outcome run(int seconds) throws IOException, InterruptedException {
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        CountDownLatch over = new CountDownLatch(1);
        PowerControl power = new PowerControl(state -> over.countDown());
        String how;
        try (Clock clock = new Clock()) {
            GuestMemory memory = GuestMemory.allocate((long) mebibytes << 20);
            ApicBus messages = new ApicBus();
            LocalApic apic = new LocalApic(0, clock, messages);
            IoApic io = new IoApic(messages);
            Bus devices = new Bus();
            Bus ports = new Bus();
            devices.attach(GuestLayout.IO_APIC, GuestMemory.PAGE, io);
            SerialPort serial = new SerialPort(io.line(GuestLayout.SERIAL_INTERRUPT), output, clock);
            ports.attach(GuestLayout.SERIAL_PORT, 8, serial);
            Pit pit = new Pit(io.line(2), clock);
            ports.attach(0x40, 4, pit);
            ports.attach(0x61, 1, pit.speaker());
            ports.attach(0x70, 2, new Cmos(java.time.Clock.system(ZoneOffset.UTC)));
            ports.attach(0x64, 1, power.keyboardController());
            ports.attach(0xCF9, 1, power.resetControl());
            ports.attach(0xF4, 4, power.debugExit());
            TestDevices.attach(devices, ports, io, apic, clock);
            TestDevices.tables(memory);
            String environment = "NR_CPUS=" + cpus + "\nMEMSIZE=" + mebibytes + "\nTEST_DEVICE=1\n";
            StartState start = BootLoader.load(
                    memory,
                    KernelImage.read(file),
                    Optional.of(environment.getBytes(StandardCharsets.US_ASCII)),
                    arguments,
                    0);
            CpuHost host = new CpuHost(memory, devices, ports, clock);
            List<LocalApic> apics = new ArrayList<>(List.of(apic));
            for (int i = 1; i < cpus; i++) {
                apics.add(new LocalApic(i, clock, messages));
            }
            boolean ended;
            if (inKvm) {
                try (Kvm kvm = Kvm.open();
                        KvmMachine machine = kvm.create(memory)) {
                    List<Vcpu> all = new ArrayList<>();
                    all.add(machine.boot(host, apic, start, power::reset));
                    for (LocalApic other : apics.subList(1, cpus)) {
                        all.add(machine.another(host, other, power::reset));
                    }
                    ended = run(all, over, seconds);
                }
            } else {
                SoftwareCpu first = SoftwareCpu.boot(host, apic, start, power::reset);
                List<Vcpu> all = new ArrayList<>(List.of(first));
                for (LocalApic other : apics.subList(1, cpus)) {
                    all.add(first.another(other));
                }
                ended = run(all, over, seconds);
            }
            serial.close();
            how = ended ? power.state().name() : "timeout";
        }
        return new Outcome(power.exitStatus(), how, output.toString(StandardCharsets.UTF_8));
    }

    /** Runs the CPUs; {@return whether the kernel came to its end in time} */
    private static boolean run(List<Vcpu> all, CountDownLatch over, int seconds) throws InterruptedException {
        List<Thread> threads = new ArrayList<>();
        for (Vcpu cpu : all) {
            threads.add(Thread.ofPlatform().name("cpu " + cpu.index()).daemon().start(cpu::run));
        }
        boolean ended = over.await(seconds, TimeUnit.SECONDS);
        for (Vcpu cpu : all) {
            cpu.stop();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        return ended;
    }

    /** By hand: "kvm" or "software", the file, how many CPUs, MiB, seconds, and the arguments. */
    static void main(String[] words) throws IOException, InterruptedException {
        StringBuilder rest = new StringBuilder();
        for (int i = 5; i < words.length; i++) {
            rest.append(i == 5 ? "" : " ").append(words[i]);
        }
        TestKernel kernel = new TestKernel(
                Path.of(words[1]),
                Integer.parseInt(words[2]),
                Integer.parseInt(words[3]),
                rest.toString(),
                words[0].equals("kvm"));
        Outcome outcome = kernel.run(Integer.parseInt(words[4]));
        System.out.println(outcome.output());
        System.out.println(outcome.verdict() + " " + outcome.how() + " " + outcome.status());
    }
}
