package belljar.kvm;

import belljar.machine.ApicBus;
import belljar.machine.Bus;
import belljar.machine.Clock;
import belljar.machine.Device;
import belljar.machine.GuestMemory;
import belljar.machine.LocalApic;
import belljar.machine.StartState;
import belljar.machine.Vcpu;
import belljar.translator.CpuHost;
import java.util.ArrayList;
import java.util.List;

/**
 * A machine for small programs: 16 MiB of memory; tables for 64-bit mode, which show the first GiB as it is but for our
 * APIC at 1EE00000h and a device at 20000000h; port 80h, which takes results, and port F4h, which ends the program.
 */
final class Guest implements AutoCloseable {
    private static final long APIC_SEEN_AT = 0x1EE0_0000;
    private static final long DEVICE_SEEN_AT = 0x2000_0000;
    private static final long DEVICE_AT = 0xD000_0000L;
    private static final long TABLES = 0x9000;
    private static final long GDT = 0x700;
    private static final long IDT = 0x1000;
    private static final long HANDLERS = 0x2000;
    private static final long CODE = 0x100000;
    private static final int[] VECTORS = {0, 3, 6, 13, 14, 0x40};

    /** What executes it. */
    interface Engine {
        Vcpu boot(CpuHost host, LocalApic apic, StartState start, Runnable shutdown);

        Vcpu another(LocalApic apic);
    }

    final GuestMemory memory = GuestMemory.allocate(16 << 20);
    final Clock clock = new Clock();
    final ApicBus interrupts = new ApicBus();
    final List<String> results = new ArrayList<>();

    /** What else happens when the guest has written to a device or reads one; on the CPU's thread. */
    volatile Runnable watcher = () -> {};

    private final Bus bus = new Bus();
    private final Bus ports = new Bus();
    private final List<Vcpu> cpus = new ArrayList<>();
    private boolean ended;

    Guest() {
        ports.attach(0x80, 4, writes("", this::note));
        ports.attach(0xF4, 1, writes("", text -> end()));
        ports.attach(0x510, 4, device("port"));
        bus.attach(DEVICE_AT, 0x1000, device("memory"));
        tables();
        descriptors();
        memory.write(HANDLERS, Programs.bytes(Programs.HANDLERS));
        memory.write(0x8000, Programs.bytes(Programs.REAL));
    }

    private void note(String text) {
        synchronized (this) {
            results.add(text);
        }
        watcher.run();
    }

    /** Ends the program. */
    synchronized void end() {
        ended = true;
        for (Vcpu cpu : cpus) {
            cpu.stop();
        }
    }

    private static Device writes(String name, java.util.function.Consumer<String> to) {
        return new Device() {
            @Override
            public long read(long offset, int size) {
                return -1;
            }

            @Override
            public void write(long offset, int size, long value) {
                to.accept(name + Long.toHexString(value));
            }
        };
    }

    /** A device that notes what is written, and answers reads with where and how long they are. */
    private Device device(String name) {
        return new Device() {
            @Override
            public long read(long offset, int size) {
                watcher.run();
                return 0x0102_0304_0506_0700L + (offset << 4) + size;
            }

            @Override
            public void write(long offset, int size, long value) {
                note(name + " " + offset + ":" + size + "=" + Long.toHexString(value));
            }
        };
    }

    private void tables() {
        memory.putLong(TABLES, TABLES + 0x1000 | 3);
        memory.putLong(TABLES + 0x1000, TABLES + 0x2000 | 3);
        for (int i = 0; i < 512; i++) {
            memory.putLong(TABLES + 0x2000 + 8L * i, (long) i << 21 | 0x83);
        }
        memory.putLong(TABLES + 0x2000 + 8L * 1, 0x20_0083);
        memory.putLong(TABLES + 0x2000 + 8L * 2, 0x20_0083);
        memory.putLong(TABLES + 0x2000 + 8 * (APIC_SEEN_AT >> 21), 0xFEE0_009BL);
        memory.putLong(TABLES + 0x2000 + 8 * (DEVICE_SEEN_AT >> 21), DEVICE_AT | 0x9B);
    }

    private void descriptors() {
        memory.putLong(GDT + 0x10, 0x00AF_9B00_0000_FFFFL);
        memory.putLong(GDT + 0x18, 0x00CF_9300_0000_FFFFL);
        pointer(0x600, GDT, 0x1F);
        pointer(0x610, IDT, 0xFFF);
        pointer(0x620, 0, 0);
        pointer(0x8100, GDT, 0x1F);
        for (int i = 0; i < VECTORS.length; i++) {
            long at = IDT + 16L * VECTORS[i];
            memory.putLong(at, HANDLERS + 16L * i | 0x10 << 16 | 0x8E00L << 32);
        }
    }

    private void pointer(long at, long base, int limit) {
        memory.putShort(at, limit);
        memory.putLong(at + 2, base);
    }

    /** Has a program in memory; {@return where it begins} */
    StartState put(String program, boolean longMode) {
        memory.write(CODE, Programs.bytes(program));
        return new StartState(CODE, longMode, TABLES, 0, 0, 0, 0x80000);
    }

    /** {@return what its CPUs are connected to} */
    CpuHost host() {
        return new CpuHost(memory, bus, ports, clock);
    }

    /** Adds a CPU that stops when the program ends. */
    synchronized void add(Vcpu cpu) {
        cpus.add(cpu);
    }

    /** {@return whether the program has ended} */
    synchronized boolean hasEnded() {
        return ended;
    }

    /** Ends the program, whose CPUs have left themselves no way to go on. */
    void shutDown() {
        note("shutdown");
        end();
    }

    /** Executes a program to its end. */
    List<String> run(Engine engine, String program, boolean longMode, int count) throws InterruptedException {
        StartState start = put(program, longMode);
        CpuHost host = host();
        List<Thread> threads = new ArrayList<>();
        List<Throwable> failures = new ArrayList<>();
        synchronized (this) {
            cpus.add(engine.boot(host, new LocalApic(0, clock, interrupts), start, this::shutDown));
            for (int i = 1; i < count; i++) {
                cpus.add(engine.another(new LocalApic(i, clock, interrupts)));
            }
        }
        for (Vcpu cpu : cpus) {
            Thread thread = Thread.ofPlatform().name("cpu " + cpu.index()).unstarted(cpu::run);
            thread.setUncaughtExceptionHandler((where, what) -> {
                failures.add(what);
                end();
            });
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join(10_000);
        }
        boolean inTime = ended;
        end();
        for (Thread thread : threads) {
            thread.join();
        }
        if (!failures.isEmpty()) {
            throw new AssertionError(failures.getFirst());
        }
        if (!inTime) {
            results.add("never ended");
        }
        return results;
    }

    @Override
    public void close() {
        clock.close();
    }
}
