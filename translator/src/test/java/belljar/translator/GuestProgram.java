package belljar.translator;

import belljar.machine.ApicBus;
import belljar.machine.Bus;
import belljar.machine.Clock;
import belljar.machine.GuestMemory;
import belljar.machine.LocalApic;
import belljar.machine.PowerControl;
import belljar.machine.StartState;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A machine of some CPUs that executes a program given as bytes. The first CPU begins in 64-bit mode at {@link #CODE},
 * with the first GiB of addresses leading to the same physical ones, the second GiB too, and the local APIC where it
 * always is; writing to port F4h ends the machine. Where {@link #handler} was called, GDT and IDT stand ready to be
 * loaded from {@link #GDT_POINTER} and {@link #IDT_POINTER}.
 */
final class GuestProgram implements AutoCloseable {
    static final long CODE = 0x1_0000;

    /** The top of the stack of the first CPU. */
    static final long STACK = 0x8_0000;

    static final long GDT_POINTER = 0x6000;
    static final long IDT_POINTER = 0x6010;

    private static final long TABLES = 0x1000;
    private static final long GDT = 0x6100;
    private static final long IDT = 0x7000;
    private static final int SECONDS = 60;

    private final Clock clock = new Clock();
    private final GuestMemory memory = GuestMemory.allocate(8 << 20);
    private final CountDownLatch over = new CountDownLatch(1);
    private final PowerControl power = new PowerControl(state -> over.countDown());
    private final List<SoftwareCpu> cpus = new ArrayList<>();

    GuestProgram(int count) {
        memory.putLong(TABLES, TABLES + 0x1007);
        for (int i = 0; i < 2; i++) {
            memory.putLong(TABLES + 0x1000 + 8L * i, TABLES + 0x2007);
        }
        memory.putLong(TABLES + 0x1000 + 8 * 3, TABLES + 0x3007);
        for (int i = 0; i < 4; i++) {
            memory.putLong(TABLES + 0x2000 + 8L * i, (long) i << 21 | 0x87);
        }
        memory.putLong(TABLES + 0x3000 + 8 * 0x1F7, 0xFEE0_0087L);
        memory.putLong(GDT + 0x10, 0x00AF_9B00_0000_FFFFL);
        memory.putLong(GDT + 0x18, 0x00CF_9300_0000_FFFFL);
        memory.putShort(GDT_POINTER, 0xFF);
        memory.putLong(GDT_POINTER + 2, GDT);
        memory.putShort(IDT_POINTER, 0xFFF);
        memory.putLong(IDT_POINTER + 2, IDT);
        ApicBus messages = new ApicBus();
        Bus ports = new Bus();
        ports.attach(0xF4, 4, power.debugExit());
        CpuHost host = new CpuHost(memory, new Bus(), ports, clock);
        StartState start = new StartState(CODE, true, TABLES, 0, 0, 0, STACK);
        cpus.add(SoftwareCpu.boot(host, new LocalApic(0, clock, messages), start, power::reset));
        for (int i = 1; i < count; i++) {
            cpus.add(cpus.getFirst().another(new LocalApic(i, clock, messages)));
        }
    }

    GuestMemory memory() {
        return memory;
    }

    /** Puts code, in hexadecimal, somewhere. */
    GuestProgram code(long address, String hex) {
        memory.write(address, HexFormat.of().parseHex(hex));
        return this;
    }

    /** Has a vector lead to an address. */
    GuestProgram handler(int vector, long address) {
        memory.putLong(IDT + 16L * vector, address & 0xFFFF | 0x10_0000 | 0x8E00L << 32 | address >>> 16 << 48);
        return this;
    }

    /** {@return how the machine ended once it has} */
    PowerControl.State run() {
        List<Thread> threads = new ArrayList<>();
        for (SoftwareCpu cpu : cpus) {
            threads.add(Thread.ofPlatform().daemon().start(cpu::run));
        }
        try {
            if (!over.await(SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("the program does not end");
            }
            for (SoftwareCpu cpu : cpus) {
                cpu.stop();
            }
            for (Thread thread : threads) {
                thread.join();
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        return power.state();
    }

    @Override
    public void close() {
        for (SoftwareCpu cpu : cpus) {
            cpu.stop();
        }
        clock.close();
    }
}
