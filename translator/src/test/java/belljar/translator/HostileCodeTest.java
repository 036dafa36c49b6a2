package belljar.translator;

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
 * Random bytes are executed as code, in every mode, with random registers, descriptors and page tables. Whatever they
 * are, the CPU goes on or shuts down as a processor does: nothing but the guest's own exceptions is ever thrown.
 */
final class HostileCodeTest {
    private static final int MEMORY = 1 << 21;
    private static final int INSTRUCTIONS = 400;
    private static final int TABLES = 0x10_0000;
    private static final int GDT = 0x8000;
    private static final int IDT = 0x9000;

    /** First bytes that lead to where much can go wrong: prefixes, the map 0F, groups, strings, far transfers. */
    private static final int[] LIKELY = {
        0x0F, 0x0F, 0x0F, 0x0F, 0x66, 0x67, 0xF0, 0xF2, 0xF3, 0x2E, 0x48, 0x4C, 0x8E, 0x9A, 0xA4, 0xA5, 0xAA, 0xAB,
                0xC8,
        0xC4, 0xCA, 0xCB, 0xCC, 0xCD, 0xCE, 0xCF, 0xD4, 0xD5, 0xD8, 0xD9, 0xDB, 0xDD, 0xDF, 0xE6, 0xEA, 0xEE, 0xF4,
                0xF6,
        0xF7, 0xFB, 0xFE, 0xFF, 0x9D, 0x62, 0x63, 0x6C, 0x6E
    };

    private final GuestMemory memory = GuestMemory.allocate(MEMORY);
    private final Random random = new Random();

    @Test
    void neverThrowsAnythingOfOurs() {
        tryAll(4_000);
    }

    @Test
    @Tag("full")
    void neverThrowsAnythingOfOursForLong() {
        tryAll(1_000_000);
    }

    private void tryAll(int rounds) {
        long first = System.nanoTime();
        for (int round = 0; round < rounds; round++) {
            long seed = first + round;
            random.setSeed(seed);
            try {
                tryOne();
            } catch (RuntimeException | Error e) {
                throw new AssertionError("the seed " + seed, e);
            }
        }
    }

    private void tryOne() {
        try (Clock clock = Clock.counted()) {
            SoftwareCpu[] made = new SoftwareCpu[1];
            PowerControl power = new PowerControl(state -> made[0].stop());
            ApicBus messages = new ApicBus();
            IoApic io = new IoApic(messages);
            Bus devices = new Bus();
            devices.attach(GuestLayout.IO_APIC, 0x1000, io);
            Bus ports = new Bus();
            ports.attach(0x40, 4, new Pit(io.line(2), clock));
            ports.attach(0x64, 1, power.keyboardController());
            ports.attach(0x70, 2, new Cmos(java.time.Clock.system(ZoneOffset.UTC)));
            ports.attach(0xF4, 4, power.debugExit());
            ports.attach(
                    GuestLayout.SERIAL_PORT, 8, new SerialPort(io.line(4), OutputStream.nullOutputStream(), clock));
            CpuHost host = new CpuHost(memory, devices, ports, clock);
            StartState start = new StartState(0, false, 0, 0, 0, 0, 0);
            SoftwareCpu cpu = SoftwareCpu.boot(host, new LocalApic(0, clock, messages), start, power::reset);
            made[0] = cpu;
            layOut();
            CpuState state = new CpuState();
            registers(state);
            state.enter(cpu.cpu);
            cpu.cpu.watch.update();
            clock.alarm(cpu::stop).set(10L * INSTRUCTIONS);
            cpu.run();
        }
    }

    private void layOut() {
        byte[] bytes = new byte[0x10000];
        random.nextBytes(bytes);
        for (int i = random.nextInt(4); i < bytes.length; i += 1 + random.nextInt(8)) {
            bytes[i] = (byte) LIKELY[random.nextInt(LIKELY.length)];
        }
        memory.write(0, bytes);
        for (int i = 0; i < 32; i++) {
            memory.putLong(GDT + 8L * i, descriptor());
            memory.putLong(IDT + 16L * i, descriptor() & ~0xFFFF_0000L | (long) random.nextInt(32) << 19);
            memory.putLong(IDT + 16L * i + 8, random.nextInt(8) == 0 ? random.nextLong() : 0);
        }
        // Page tables whose entries lead to memory, mostly, and to themselves.
        for (long at = TABLES; at < TABLES + 0x4000; at += 8) {
            long entry = random.nextInt(MEMORY) & ~0xFFFL | 7 | random.nextInt(8) << 5;
            memory.putLong(
                    at, random.nextInt(8) == 0 ? random.nextLong() : random.nextInt(3) == 0 ? TABLES | 7 : entry);
        }
    }

    private long descriptor() {
        if (random.nextInt(8) == 0) {
            return random.nextLong();
        }
        long bits = (random.nextBoolean() ? 0x80 : 0xE0) | random.nextInt(32);
        long base = random.nextBoolean() ? 0 : random.nextInt(MEMORY);
        long limit = random.nextBoolean() ? 0xFFFF : random.nextInt(0x200);
        return limit | (base & 0xFF_FFFF) << 16 | bits << 40 | (long) random.nextInt(16) << 52 | (base >>> 24) << 56;
    }

    private long number() {
        return switch (random.nextInt(6)) {
            case 0 -> random.nextLong();
            case 1 -> random.nextInt();
            case 2 -> random.nextInt(16) - 8L;
            case 3 -> MEMORY - random.nextInt(16);
            default -> random.nextInt(MEMORY);
        };
    }

    private void registers(CpuState state) {
        int kind = random.nextInt(6); // real, virtual-8086, protected, 32-bit paging, PAE, 64-bit
        for (int i = 0; i < 16; i++) {
            state.registers[i] = kind == 5 ? number() : number() & 0xFFFF_FFFFL;
        }
        state.registers[CpuState.RIP] = random.nextInt(0x7000);
        long flags = random.nextInt() & Cpu.RFLAGS_KNOWN | 2;
        state.registers[CpuState.RFLAGS] = kind == 1 ? flags | Cpu.VM : flags & ~Cpu.VM;
        state.control[CpuState.CR0] = Control.ET
                | (kind == 0 ? 0 : Control.PE)
                | (kind > 2 ? Control.PG : 0)
                | (random.nextBoolean() ? Control.WP : 0)
                | (random.nextInt(4) == 0 ? Control.AM | Control.TS : 0);
        state.control[CpuState.CR3] = TABLES;
        long features = random.nextBoolean() ? 0x200 | 0x400 : ControlRegisters.possible4(random.nextInt());
        state.control[CpuState.CR4] = kind > 3 ? features | Control.PAE : features & ~Control.PAE;
        state.control[CpuState.EFER] = kind == 5 ? Control.LME | Control.LMA | Control.NXE | Control.SCE : Control.SCE;
        int level = kind < 2 ? kind * 3 : random.nextInt(4);
        for (int i = 0; i < CpuState.SEGMENTS; i++) {
            state.selector[i] = random.nextInt(32) << 3 | level;
            state.base[i] = random.nextInt(4) == 0 ? number() : 0;
            state.limit[i] = random.nextInt(4) == 0 ? random.nextInt() : 0xFFFF;
            state.attributes[i] = Segments.PRESENT | Segments.NOT_SYSTEM | 3 | level << 5;
        }
        state.attributes[Insn.CS] |= Segments.CODE | random.nextInt(4) << 13;
        state.attributes[6] = Segments.PRESENT | 2;
        state.attributes[7] = Segments.PRESENT | (random.nextBoolean() ? 11 : 3);
        state.base[Insn.CS] = 0;
        state.tableBase[0] = GDT;
        state.tableLimit[0] = random.nextInt(4) == 0 ? random.nextInt(0x10000) : 0xFF;
        state.tableBase[1] = IDT;
        state.tableLimit[1] = random.nextInt(4) == 0 ? random.nextInt(0x10000) : 0x1FF;
        state.debug[7] = random.nextInt(4) == 0 ? random.nextInt() : 0x400;
        for (int i = 0; i < 4; i++) {
            state.debug[i] = number();
        }
        for (int i = 0; i < state.msrs.length; i++) {
            state.msrs[i] = number();
        }
        state.fpu[0] = random.nextInt(0x10000);
        state.fpu[1] = random.nextInt(0x10000);
        state.fpu[2] = random.nextInt(0x100);
        state.fpu[4] = random.nextInt(0x10000);
        for (int i = 0; i < 8; i++) {
            state.significand[i] = random.nextLong();
            state.exponent[i] = random.nextInt(0x10000);
        }
        for (int i = 0; i < state.xmm.length; i++) {
            state.xmm[i] = random.nextLong();
        }
    }
}
