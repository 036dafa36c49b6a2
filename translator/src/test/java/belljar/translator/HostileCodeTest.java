package belljar.translator;

import static org.assertj.core.api.Assertions.assertThat;

import belljar.machine.ApicBus;
import belljar.machine.Bus;
import belljar.machine.Clock;
import belljar.machine.Cmos;
import belljar.machine.GuestLayout;
import belljar.machine.GuestMemory;
import belljar.machine.IoApic;
import belljar.machine.LocalApic;
import belljar.machine.Pit;
import belljar.machine.PowerControl;
import belljar.machine.SerialPort;
import belljar.machine.StartState;
import java.io.OutputStream;
import java.time.ZoneOffset;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Random instructions are executed in every mode, with random registers, descriptors and page tables. Whatever they
 * are, the CPU goes on or shuts down as a processor does: nothing of ours is ever thrown, and it can always be stopped.
 */
final class HostileCodeTest {
    private static final int MEMORY = 1 << 20;

    /** How many instructions a beginning state gets, and how many states one machine. */
    private static final int INSTRUCTIONS = 200;

    private static final int ROUNDS = 50;
    private static final int PAGES = 2;
    private static final int GDT = 0x8_8000;
    private static final int IDT = 0x8_9000;
    private static final int TASK = 0x8_A000;
    private static final int TABLES = 0x9_0000;

    /** None, code of 64, 32 and 16 bits, data, and the last two for user mode. */
    private static final long[] USABLE = {
        0,
        0x00AF_9B00_0000_FFFFL,
        0x00CF_9B00_0000_FFFFL,
        0x0000_9B00_0000_FFFFL,
        0x00CF_9300_0000_FFFFL,
        0x00CF_FB00_0000_FFFFL,
        0x00CF_F300_0000_FFFFL
    };

    private final GuestMemory memory = GuestMemory.allocate(MEMORY);
    private final Random random = new Random();
    private final RandomCode code = new RandomCode(random, MEMORY);
    private final CpuState state = new CpuState();
    private long executed;

    @Test
    void neverThrowsAnythingOfOurs() {
        tryUntil(1_000_000);
    }

    @Test
    @Tag("full")
    void neverThrowsAnythingOfOursForLong() {
        tryUntil(100_000_000);
    }

    private void tryUntil(long instructions) {
        long seed = System.nanoTime();
        System.out.println(getClass().getSimpleName() + " begins with the seed " + seed);
        for (; executed < instructions; seed++) {
            random.setSeed(seed);
            try {
                tryMachine();
            } catch (RuntimeException | Error e) {
                throw new AssertionError("with the seed " + seed, e);
            }
        }
        assertThat(executed).isGreaterThanOrEqualTo(instructions);
    }

    private void tryMachine() {
        try (Clock clock = Clock.counted()) {
            SoftwareCpu[] made = new SoftwareCpu[1];
            PowerControl power = new PowerControl(state -> made[0].stop());
            ApicBus messages = new ApicBus();
            IoApic io = new IoApic(messages);
            Bus devices = new Bus();
            devices.attach(GuestLayout.IO_APIC, GuestMemory.PAGE, io);
            Bus ports = new Bus();
            Pit pit = new Pit(io.line(2), clock);
            ports.attach(0x40, 4, pit);
            ports.attach(0x61, 1, pit.speaker());
            ports.attach(0x64, 1, power.keyboardController());
            ports.attach(0x70, 2, new Cmos(java.time.Clock.system(ZoneOffset.UTC)));
            ports.attach(
                    GuestLayout.SERIAL_PORT, 8, new SerialPort(io.line(4), OutputStream.nullOutputStream(), clock));
            CpuHost host = new CpuHost(memory, devices, ports, clock);
            StartState start = new StartState(0, false, 0, 0, 0, 0, 0);
            SoftwareCpu cpu = SoftwareCpu.boot(host, new LocalApic(0, clock, messages), start, () -> {});
            made[0] = cpu;
            memory.write(0, code.bytes(MEMORY));
            Clock.Alarm end = clock.alarm(cpu::stop);
            for (int i = 0; i < ROUNDS; i++) {
                // real mode, virtual-8086, protected, 32-bit paging, PAE, long mode with code of 64 bits and of others
                int kind = random.nextInt(8);
                pages(kind);
                layOut(kind > 4);
                registers(kind);
                state.enter(cpu.cpu);
                cpu.cpu.watch.update();
                end.set(clock.nanos() + 10L * INSTRUCTIONS);
                cpu.run();
            }
            executed += cpu.executed();
        }
    }

    private void layOut(boolean isLong) {
        for (int i = 0; i < PAGES; i++) {
            memory.write(random.nextInt(MEMORY / 4096) * 4096L, code.bytes(4096));
        }
        for (int i = 0; i < 64; i++) {
            memory.putLong(GDT + 8L * i, i < USABLE.length ? USABLE[i] : code.descriptor());
            // A gate; outside long mode the other half is one too.
            memory.putLong(IDT + 16L * i, gate(isLong));
            memory.putLong(IDT + 16L * i + 8, isLong ? random.nextInt(16) / 15 : gate(false));
        }
        for (int i = 0; i < 128; i++) {
            boolean selects = !isLong && random.nextBoolean();
            memory.putInt(TASK + 4L * i, isLong && i % 2 == 0 ? 0 : selects ? selector() : random.nextInt(MEMORY));
        }
        memory.written(0, MEMORY);
    }

    /** Page tables in which most addresses lead to the same ones of memory, modulo its size. */
    private void pages(int kind) {
        int levels = kind < 4 ? 2 : kind == 4 ? 3 : 4;
        int size = kind < 4 ? 4 : 8;
        for (int level = 0; level < levels; level++) {
            for (int i = 0; i < 4096 / size; i++) {
                boolean last = level == levels - 1;
                long next = last ? (long) i << 12 & MEMORY - 1 : TABLES + 4096L * (level + 1);
                long flags = kind == 4 && level == 0 ? 1 : 7 | random.nextInt(4) << 5;
                long entry = random.nextInt(20) == 0 ? code.entry(TABLES) : next | flags;
                if (size == 4) {
                    memory.putInt(TABLES + 4096L * level + 4L * i, (int) entry);
                } else {
                    memory.putLong(TABLES + 4096L * level + 8L * i, entry);
                }
            }
        }
    }

    private int selector() {
        return (random.nextInt(4) == 0 ? random.nextInt(64) : random.nextInt(USABLE.length)) << 3;
    }

    private long gate(boolean isLong) {
        if (random.nextInt(8) == 0) {
            return code.descriptor() & ~0xFFFF_0000L | (long) selector() << 16;
        }
        long target = random.nextInt(MEMORY);
        return target & 0xFFFF | target >>> 16 << 48 | (isLong ? 8L : 16L) << 16 | 0xEE00L << 32;
    }

    private void registers(int kind) {
        boolean isLong = kind > 4;
        for (int i = 0; i < 16; i++) {
            state.registers[i] = isLong ? code.number() : code.number() & 0xFFFF_FFFFL;
        }
        if (random.nextBoolean()) {
            state.registers[1] &= 0x1F; // or most of the time goes into repeated string operations
        }
        state.registers[4] = random.nextInt(8) == 0 ? state.registers[4] : random.nextInt(MEMORY);
        state.registers[CpuState.RIP] = random.nextInt(0x8000);
        long flags = random.nextInt() & Cpu.RFLAGS_KNOWN & ~(random.nextInt(4) == 0 ? 0 : Cpu.TF) | 2;
        boolean virtual = kind == 1 || kind < 5 && random.nextInt(32) == 0;
        state.registers[CpuState.RFLAGS] = virtual ? flags | Cpu.VM : flags & ~Cpu.VM;
        state.control[CpuState.CR0] = Control.ET
                | (kind == 0 ? 0 : Control.PE)
                | (kind > 2 ? Control.PG : 0)
                | (random.nextBoolean() ? Control.WP : 0)
                | (random.nextInt(4) == 0 ? random.nextInt(0x10) : 0) & ~Control.PE
                | (random.nextInt(4) == 0 ? Control.AM : 0);
        state.control[CpuState.CR3] = TABLES;
        long features = random.nextBoolean()
                ? Control.OSFXSR | Control.OSXMMEXCPT
                : ControlRegisters.possible4(random.nextInt());
        state.control[CpuState.CR4] = kind > 3 ? features | Control.PAE : features & ~Control.PAE;
        state.control[CpuState.EFER] = isLong ? Control.LME | Control.LMA | Control.NXE | Control.SCE : Control.SCE;
        int level = kind == 1 ? 3 : kind == 0 || random.nextBoolean() ? 0 : random.nextInt(4);
        segments(level, kind);
        state.debug[7] = random.nextInt(4) == 0 ? random.nextInt() & 0xFFFF_2BFFL | 0x400 : 0x400;
        for (int i = 0; i < 4; i++) {
            state.debug[i] = code.number();
        }
        for (int i = 0; i < state.msrs.length; i++) {
            state.msrs[i] = random.nextBoolean() ? code.number() : random.nextInt(MEMORY);
        }
        units();
    }

    private void segments(int level, int kind) {
        for (int i = 0; i < CpuState.SEGMENTS; i++) {
            state.selector[i] = random.nextInt(64) << 3 | level;
            state.base[i] = random.nextInt(4) == 0 ? code.number() : 0;
            state.limit[i] = random.nextInt(4) == 0 ? random.nextInt() : -1;
            int type = random.nextInt(4) == 0 ? random.nextInt(8) : 3;
            state.attributes[i] = Segments.PRESENT | Segments.NOT_SYSTEM | type | level << 5 | random.nextInt(4) << 13;
        }
        state.attributes[Insn.CS] |= Segments.CODE;
        if (kind > 5) {
            state.attributes[Insn.CS] = state.attributes[Insn.CS] & ~Segments.BIG | Segments.LONG;
        }
        state.base[Insn.CS] = random.nextInt(4) == 0 ? random.nextInt(MEMORY / 2) : 0;
        state.attributes[CpuState.SEGMENTS - 2] = Segments.PRESENT | 2;
        state.attributes[CpuState.SEGMENTS - 1] = Segments.PRESENT | (random.nextBoolean() ? 11 : 3);
        state.base[CpuState.SEGMENTS - 1] = TASK;
        state.tableBase[0] = GDT;
        state.tableLimit[0] = random.nextInt(4) == 0 ? random.nextInt(0x10000) : 0x1FF;
        state.tableBase[1] = IDT;
        state.tableLimit[1] = random.nextInt(4) == 0 ? random.nextInt(0x10000) : 0x3FF;
    }

    private void units() {
        state.fpu[0] = random.nextBoolean() ? 0x37F : random.nextInt(0x10000);
        state.fpu[1] = random.nextBoolean() ? 0 : random.nextInt(0x10000);
        state.fpu[2] = random.nextInt(0x100);
        state.fpu[4] = random.nextBoolean() ? 0x1F80 : random.nextInt(0x10000);
        for (int i = 0; i < 8; i++) {
            state.significand[i] = random.nextLong();
            state.exponent[i] = random.nextInt(0x10000);
        }
        for (int i = 0; i < state.xmm.length; i++) {
            state.xmm[i] = random.nextLong();
        }
    }
}
