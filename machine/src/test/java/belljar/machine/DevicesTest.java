package belljar.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.OutputStream;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What is asked of all devices: a guest may do what it wants with them, from all its CPUs at once. */
final class DevicesTest {
    private static final int CPUS = 4;
    private static final int ACCESSES = 200_000;
    private static final int[] SIZES = {1, 2, 4, 8};

    private final ApicBus apics = new ApicBus();
    private final Bus bus = new Bus();
    private final List<LocalApic> locals = new ArrayList<>();
    private final IoApic io = new IoApic(apics);

    private void attachAll(Clock clock) {
        PowerControl power = new PowerControl(state -> {});
        Pit pit = new Pit(io.line(0), clock);
        bus.attach(0, 0x44, io);
        bus.attach(0x100, 8, new SerialPort(io.line(4), OutputStream.nullOutputStream(), clock));
        bus.attach(0x200, 2, new Cmos(java.time.Clock.system(ZoneOffset.UTC)));
        bus.attach(0x300, 4, pit);
        bus.attach(0x400, 1, pit.speaker());
        bus.attach(0x500, 2, power.sleepRegisters());
        bus.attach(0x600, 1, power.resetRegister());
        bus.attach(0x700, 1, power.resetControl());
        bus.attach(0x800, 1, power.keyboardController());
        bus.attach(0x900, 4, power.debugExit());
        for (int i = 0; i < CPUS; i++) {
            locals.add(new LocalApic(i, clock, apics));
        }
    }

    /** One CPU of a guest that does what comes to its mind; how many interrupts it took. */
    private int run(int number) {
        Random random = new Random(number);
        LocalApic apic = locals.get(number);
        InterruptLine wire = io.line(5 + number);
        int interrupts = 0;
        for (int i = 0; i < ACCESSES; i++) {
            int size = SIZES[random.nextInt(4)];
            long place = random.nextInt(10) * 0x100L + random.nextInt(0x44);
            long value = random.nextBoolean() ? random.nextLong() : random.nextInt(256);
            switch (random.nextInt(8)) {
                case 0 -> bus.read(place, size);
                case 1 -> bus.write(place, size, value);
                case 2 -> apic.read(random.nextInt(4096), size);
                case 3 -> apic.write(random.nextInt(256) * 16L, 4, value);
                case 4 -> apic.write(0xF0, 4, 0x100 | random.nextInt(256));
                case 5 -> msr(apic, random, value);
                case 6 -> wire.set(random.nextBoolean());
                default -> {
                    interrupts += apic.acknowledge() >= 0 ? 1 : 0;
                    apic.write(0xB0, 4, 0);
                    apic.setTaskPriority(0);
                }
            }
        }
        return interrupts;
    }

    private static void msr(LocalApic apic, Random random, long value) {
        switch (random.nextInt(16)) {
            case 0 -> apic.setBase(0xFEE0_0000L | random.nextInt(16) << 8);
            case 1 -> apic.setTscDeadline(value);
            case 2 -> apic.setTscOffset(value);
            case 3 -> apic.reset();
            case 4, 5, 6, 7, 8 -> apic.writeMsr(0x800 + random.nextInt(64), value & 0xFF);
            default -> apic.readMsr(0x800 + random.nextInt(64));
        }
    }

    @Test
    void neitherThrowNorHangWhateverAllCpusDo() throws Exception {
        try (Clock clock = new Clock();
                ExecutorService threads = Executors.newThreadPerTaskExecutor(
                        Thread.ofPlatform().daemon().factory())) {
            attachAll(clock);
            List<Callable<Integer>> cpus = new ArrayList<>();
            for (int i = 0; i < CPUS; i++) {
                int number = i;
                cpus.add(() -> run(number));
            }
            int interrupts = 0;
            for (Future<Integer> cpu : threads.invokeAll(cpus, 60, TimeUnit.SECONDS)) {
                assertThat(cpu.isCancelled())
                        .as("CPUs that wait for each other")
                        .isFalse();
                interrupts += cpu.get();
            }
            assertThat(interrupts).isPositive();
        }
    }
}
