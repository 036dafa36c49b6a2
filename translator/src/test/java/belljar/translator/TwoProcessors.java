package belljar.translator;

import belljar.machine.ApicBus;
import belljar.machine.Bus;
import belljar.machine.Clock;
import belljar.machine.GuestMemory;
import belljar.machine.LocalApic;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;

/** A virtual CPU in 64-bit mode and the host's processor, with the same data at the same addresses. */
final class TwoProcessors implements AutoCloseable {
    private static final int GUEST_DATA = 0x20_2000;

    /** What is filled with numbers, around what the pointer points to. */
    private static final int FIRST = 0x600;

    private static final int LAST = 0x8F8;
    private static final int MIDDLE = 0x800;

    private final Clock clock = new Clock();
    private final GuestMemory memory = GuestMemory.allocate(4 << 20);
    private final NativeCode processor = new NativeCode();
    private final Cpu cpu;

    TwoProcessors() {
        Bus nothing = new Bus();
        LocalApic apic = new LocalApic(0, clock, new ApicBus());
        cpu = new Cpu(0, new CpuHost(memory, nothing, nothing, clock), apic, new CodePages(memory.size()));
        // The 2 MiB at BASE are the guest's second 2 MiB.
        memory.putLong(0x1000, 0x2003);
        memory.putLong(0x2000 + 8 * (NativeCode.BASE >> 30), 0x3003);
        memory.putLong(0x3000, 0x20_0083);
        cpu.control.cr0 = Control.PE | Control.PG | Control.WP;
        cpu.control.cr3 = 0x1000;
        cpu.control.cr4 = Control.PAE | Control.OSFXSR | Control.OSXMMEXCPT;
        cpu.control.efer = Control.LME | Control.LMA;
        cpu.segments.flat(Insn.CS, 8, 11, 0, true);
        cpu.segments.update();
    }

    Cpu cpu() {
        return cpu;
    }

    NativeCode processor() {
        return processor;
    }

    /** {@return the address of the middle of the data} */
    long pointer() {
        return NativeCode.BASE + NativeCode.DATA + MIDDLE;
    }

    /** Fills the data of both with the same numbers. */
    void data(Random random) {
        ByteBuffer there = processor.bytes();
        for (int i = FIRST; i <= LAST; i += 8) {
            long value = interesting(random);
            there.putLong(NativeCode.DATA + i, value);
            memory.putLong(GUEST_DATA + i, value);
        }
    }

    /** Puts a number of up to 16 bytes into the data of both, some bytes from what the pointer points to. */
    void put(int distance, long low, long high) {
        ByteBuffer there = processor.bytes();
        there.putLong(NativeCode.DATA + MIDDLE + distance, low);
        there.putLong(NativeCode.DATA + MIDDLE + distance + 8, high);
        memory.putLong(GUEST_DATA + MIDDLE + distance, low);
        memory.putLong(GUEST_DATA + MIDDLE + distance + 8, high);
    }

    /** Makes the guest's data the processor's where they may differ, some bytes from what the pointer points to. */
    void ignore(int distance, int count) {
        MemorySegment there = MemorySegment.ofBuffer(processor.bytes());
        MemorySegment.copy(
                there, NativeCode.DATA + MIDDLE + distance, memory.bytes(), GUEST_DATA + MIDDLE + distance, count);
    }

    static long interesting(Random random) {
        return switch (random.nextInt(8)) {
            case 0 -> random.nextInt(5) - 2;
            case 1 -> 1L << random.nextInt(64);
            case 2 -> (1L << random.nextInt(64)) - 1;
            case 3 -> random.nextInt();
            default -> random.nextLong();
        };
    }

    /**
     * {@return in which registers, arithmetic flags and data the two differ; empty for none}
     *
     * @param undefined flags that do not count
     */
    String differences(int undefined) {
        ByteBuffer there = processor.bytes().order(ByteOrder.LITTLE_ENDIAN);
        StringBuilder wrong = new StringBuilder();
        for (int i = 0; i < 16; i++) {
            long theirs = there.getLong(NativeCode.REGISTERS + 8 * i);
            if (i != 4 && theirs != cpu.r[i]) {
                wrong.append(" register " + i + " is " + Long.toHexString(cpu.r[i]) + " and should be "
                        + Long.toHexString(theirs));
            }
        }
        int theirs = (int) there.getLong(NativeCode.FLAGS) & Cpu.ARITHMETIC & ~undefined;
        int ours = cpu.arithmetic() & ~undefined;
        if (theirs != ours) {
            wrong.append(" flags are " + Integer.toHexString(ours) + " and should be " + Integer.toHexString(theirs));
        }
        MemorySegment a = memory.bytes().asSlice(GUEST_DATA, LAST + 8);
        MemorySegment b = MemorySegment.ofBuffer(there.slice(NativeCode.DATA, LAST + 8));
        if (a.mismatch(b) >= 0) {
            wrong.append(" data differ at " + a.mismatch(b));
        }
        return wrong.toString();
    }

    @Override
    public void close() {
        clock.close();
        processor.close();
    }
}
