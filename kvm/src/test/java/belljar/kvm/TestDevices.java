package belljar.kvm;

import belljar.machine.Bus;
import belljar.machine.Clock;
import belljar.machine.Device;
import belljar.machine.GuestMemory;
import belljar.machine.InterruptLine;
import belljar.machine.IoApic;
import belljar.machine.LocalApic;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What kvm-unit-tests expect of a machine beyond ours: QEMU's test device, a PC's two interrupt controllers as far as
 * firmware leaves them working, a power management timer and the table that tells of it.
 */
final class TestDevices {
    private static final int PM_TIMER = 0x608;
    private static final long RSDP = 0xE_0000;
    private static final long RSDT = RSDP + 0x40;
    private static final long FADT = RSDP + 0x80;
    private static final long FACS = RSDP + 0x200;
    private static final int LINES = 24;
    private static final int SPURIOUS = 0xF0;

    private TestDevices() {}

    static void attach(Bus memory, Bus ports, IoApic io, LocalApic first, Clock clock) {
        ports.attach(0xE0, 4, new Storage(4));
        ports.attach(0xE4, 4, new Storage(4));
        ports.attach(0xE8, 4, new Storage(4));
        ports.attach(0xCFC, 4, new Storage(0));
        memory.attach(0xFF00_0000L, 1 << 16, new Storage(1 << 16));
        Pics pics = new Pics(first);
        ports.attach(0x20, 2, pics.half(0));
        ports.attach(0xA0, 2, pics.half(8));
        ports.attach(0x2000, LINES, new Lines(io, pics));
        ports.attach(PM_TIMER, 4, new Timer(clock));
        // As firmware does: the APIC takes interrupts, and what the two controllers send.
        first.write(SPURIOUS, 4, 0x1FF);
    }

    /** Tables of ACPI 1.0, which are all that the tests read. */
    static void tables(GuestMemory memory) {
        memory.write(RSDP, "RSD PTR ".getBytes(StandardCharsets.US_ASCII));
        memory.putInt(RSDP + 16, (int) RSDT);
        memory.write(RSDT, "RSDT".getBytes(StandardCharsets.US_ASCII));
        memory.putInt(RSDT + 4, 40);
        memory.putInt(RSDT + 36, (int) FADT);
        memory.write(FADT, "FACP".getBytes(StandardCharsets.US_ASCII));
        memory.putInt(FADT + 4, 116);
        memory.putInt(FADT + 36, (int) FACS);
        memory.putInt(FADT + 76, PM_TIMER);
        memory.write(FACS, "FACS".getBytes(StandardCharsets.US_ASCII));
    }

    /** Registers that give back what was written. */
    private static final class Storage implements Device {
        private final byte[] bytes;

        Storage(int size) {
            bytes = new byte[size];
            Arrays.fill(bytes, (byte) 0);
        }

        @Override
        public synchronized long read(long offset, int size) {
            long value = 0;
            for (int i = 0; i < size; i++) {
                int at = (int) offset + i;
                value |= (at < bytes.length ? bytes[at] & 0xFFL : 0xFF) << 8 * i;
            }
            return value;
        }

        @Override
        public synchronized void write(long offset, int size, long value) {
            for (int i = 0; i < size && offset + i < bytes.length; i++) {
                bytes[(int) offset + i] = (byte) (value >>> 8 * i);
            }
        }
    }

    /** A port for each interrupt line: what is not 0 raises it. */
    private static final class Lines implements Device {
        private final InterruptLine[] lines = new InterruptLine[LINES];
        private final Pics pics;

        Lines(IoApic io, Pics pics) {
            this.pics = pics;
            for (int i = 0; i < LINES; i++) {
                lines[i] = io.line(i);
            }
        }

        @Override
        public long read(long offset, int size) {
            return 0;
        }

        @Override
        public void write(long offset, int size, long value) {
            lines[(int) offset].set(value != 0);
            if (value != 0) {
                pics.raise((int) offset);
            }
        }
    }

    /** The two 8259s, set as firmware sets them: a line that is not masked interrupts the first CPU. */
    private static final class Pics {
        private final LocalApic apic;
        private int masks = 0;

        Pics(LocalApic apic) {
            this.apic = apic;
        }

        synchronized void raise(int line) {
            if (line < 16 && (masks >> line & 1) == 0) {
                apic.accept(line < 8 ? 8 + line : 0x70 + line - 8, false);
            }
        }

        private synchronized void mask(int shift, int value) {
            masks = masks & ~(0xFF << shift) | value << shift;
        }

        Device half(int shift) {
            return new Device() {
                @Override
                public long read(long offset, int size) {
                    return offset == 1 ? masks >> shift & 0xFF : 0;
                }

                @Override
                public void write(long offset, int size, long value) {
                    if (offset == 1) {
                        mask(shift, (int) value & 0xFF);
                    }
                }
            };
        }
    }

    /** Counts at 3.58 MHz. */
    private record Timer(Clock clock) implements Device {
        @Override
        public long read(long offset, int size) {
            return clock.nanos() / 1000 * 3_579_545 / 1_000_000 & 0xFF_FFFF;
        }

        @Override
        public void write(long offset, int size, long value) {
            // The timer cannot be set.
        }
    }
}
