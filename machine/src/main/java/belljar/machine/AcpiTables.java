package belljar.machine;

import belljar.failure.BugException;
import belljar.failure.UserException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Tells a guest by tables what the machine consists of (ACPI 6.5, chapter 5): its CPUs, the I/O APIC, the serial port,
 * devices of virtio, and by which ports it is powered off and reset. It is the hardware-reduced ACPI, without the
 * registers of a PC's chipset.
 */
public final class AcpiTables {
    /**
     * A device of virtio whose registers are in memory.
     *
     * @param base the address of the first of its {@value #SIZE} bytes, below 4 GiB
     * @param irq the I/O APIC's input to which it is connected, level-triggered, not shared
     */
    public record Window(long base, int irq) {
        /** Bytes of a window. */
        public static final int SIZE = 0x200;
    }

    private static final int HEADER = 36;
    private static final int CHECKSUM = 9;
    private static final int RSDP_SIZE = 36;
    private static final int RSDP_CHECKSUM = 8;
    private static final int FIRST_RSDP_SIZE = 20;
    private static final int ALIGNMENT = 16;

    private static final int FADT_SIZE = 276;
    private static final int FADT_REVISION = 6;
    private static final int FADT_MINOR = 5;
    private static final int MADT_REVISION = 5;

    /** ACPI 6.5, table 5.9: WBINVD works, no fixed buttons, a reset register, hardware-reduced. */
    private static final int FEATURES = 1 | 1 << 4 | 1 << 5 | 1 << 10 | 1 << 20;

    /** Table 5.10: there is no VGA; a keyboard controller is not claimed. */
    private static final int NO_VGA = 1 << 2;

    private static final int PORT_SPACE = 1;
    private static final int BYTE_ACCESS = 1;
    private static final int RESET_VALUE = 1;
    private static final int SLEEP_TYPE_OFF = 5;

    private static final int MOST_APIC_ID = 254;
    private static final int MOST_CPUS = 1024;
    private static final int ENABLED = 1;
    private static final int SERIAL_PORTS = 8;

    private AcpiTables() {}

    /**
     * Writes the tables into the range from {@link GuestLayout#RSDP} to {@link GuestLayout#HIGH}.
     *
     * @param memory the machine's memory, of 1 MiB or more
     * @param cpus how many CPUs there are, 1 to 1024; their APICs have the identifiers from 0 on
     * @param windows the devices of virtio
     * @return the address of the RSDP, the tables' root
     * @throws UserException if there are too many devices or CPUs
     */
    public static long write(GuestMemory memory, int cpus, List<Window> windows) {
        if (cpus < 1 || cpus > MOST_CPUS) {
            throw new UserException("a machine cannot have " + cpus + " CPUs; give it 1 to " + MOST_CPUS);
        }
        Place place = new Place(memory, GuestLayout.RSDP + RSDP_SIZE);
        long dsdt = place.put(table("DSDT", 2, dsdt(cpus, windows)));
        long fadt = place.put(fadt(dsdt));
        long madt = place.put(table("APIC", MADT_REVISION, madt(cpus)));
        byte[] addresses = buffer(16).putLong(fadt).putLong(madt).array();
        long xsdt = place.put(table("XSDT", 1, addresses));
        memory.write(GuestLayout.RSDP, rsdp(xsdt));
        return GuestLayout.RSDP;
    }

    private static final class Place {
        private final GuestMemory memory;
        private long next;

        Place(GuestMemory memory, long next) {
            this.memory = memory;
            this.next = next;
        }

        long put(byte[] table) {
            long at = next + ALIGNMENT - 1 & -ALIGNMENT;
            if (at + table.length > GuestLayout.HIGH) {
                throw new UserException("the machine has more CPUs and devices than its tables have room for, which is "
                        + (GuestLayout.HIGH - GuestLayout.RSDP >> 10) + " KiB; give it fewer");
            }
            memory.write(at, table);
            next = at + table.length;
            return at;
        }
    }

    private static ByteBuffer buffer(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** Sets a byte so that a range's bytes add up to 0. */
    private static void checksum(byte[] bytes, int length, int at) {
        int sum = 0;
        for (int i = 0; i < length; i++) {
            sum += bytes[i];
        }
        bytes[at] = (byte) -sum;
    }

    private static byte[] rsdp(long xsdt) {
        byte[] rsdp = buffer(RSDP_SIZE)
                .put(ascii("RSD PTR "))
                .put(9, ascii("BELLJR"))
                .put(15, (byte) 2)
                .putInt(20, RSDP_SIZE)
                .putLong(24, xsdt)
                .array();
        checksum(rsdp, FIRST_RSDP_SIZE, RSDP_CHECKSUM);
        checksum(rsdp, RSDP_SIZE, 32);
        return rsdp;
    }

    /** {@return a table: the header that all have (ACPI 6.5, 5.2.6), and its content} */
    private static byte[] table(String signature, int revision, byte[] content) {
        byte[] table = buffer(HEADER + content.length)
                .put(ascii(signature))
                .putInt(HEADER + content.length)
                .put(8, (byte) revision)
                .put(10, ascii("BELLJR"))
                .put(16, ascii("BELLJAR "))
                .putInt(24, 1)
                .put(28, ascii("BLJR"))
                .putInt(32, 1)
                .put(HEADER, content)
                .array();
        checksum(table, table.length, CHECKSUM);
        return table;
    }

    private static byte[] fadt(long dsdt) {
        ByteBuffer content = buffer(FADT_SIZE - HEADER);
        content.putShort(109 - HEADER, (short) NO_VGA);
        content.putInt(112 - HEADER, FEATURES);
        register(content, 116 - HEADER, GuestLayout.RESET_PORT);
        content.put(128 - HEADER, (byte) RESET_VALUE);
        content.put(131 - HEADER, (byte) FADT_MINOR);
        content.putLong(140 - HEADER, dsdt);
        register(content, 244 - HEADER, GuestLayout.SLEEP_CONTROL_PORT);
        register(content, 256 - HEADER, GuestLayout.SLEEP_STATUS_PORT);
        content.put(268 - HEADER, ascii("Belljar"));
        return table("FACP", FADT_REVISION, bytes(content));
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.capacity()];
        buffer.get(0, bytes);
        return bytes;
    }

    /** Puts a port's generic address (ACPI 6.5, 5.2.3.2). */
    private static void register(ByteBuffer table, int at, int port) {
        table.put(at, (byte) PORT_SPACE)
                .put(at + 1, (byte) 8)
                .put(at + 3, (byte) BYTE_ACCESS)
                .putLong(at + 4, port);
    }

    private static byte[] madt(int cpus) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(buffer(8).putInt((int) GuestLayout.LOCAL_APIC).array());
        for (int i = 0; i < cpus; i++) {
            ByteBuffer entry;
            if (i <= MOST_APIC_ID) {
                entry = buffer(8)
                        .put((byte) 0)
                        .put((byte) 8)
                        .put((byte) i)
                        .put((byte) i)
                        .putInt(ENABLED);
            } else {
                entry = buffer(16)
                        .put((byte) 9)
                        .put((byte) 16)
                        .putInt(4, i)
                        .putInt(8, ENABLED)
                        .putInt(12, i);
            }
            out.writeBytes(bytes(entry));
        }
        ByteBuffer ioApic = buffer(12).put((byte) 1).put((byte) 12).putInt(4, (int) GuestLayout.IO_APIC);
        out.writeBytes(bytes(ioApic));
        return out.toByteArray();
    }

    private static byte[] dsdt(int cpus, List<Window> windows) {
        byte[] off = Aml.integer(SLEEP_TYPE_OFF);
        byte[] zero = Aml.integer(0);
        ByteArrayOutputStream devices = new ByteArrayOutputStream();
        devices.writeBytes(serial());
        for (int i = 0; i < cpus; i++) {
            devices.writeBytes(Aml.device(
                    name('C', i), Aml.all(Aml.name("_HID", Aml.string("ACPI0007")), Aml.name("_UID", Aml.integer(i)))));
        }
        for (int i = 0; i < windows.size(); i++) {
            devices.writeBytes(virtio(i, windows.get(i)));
        }
        return Aml.all(
                Aml.name("_S5_", Aml.packageOf(off, zero, zero, zero)), Aml.scope("_SB_", devices.toByteArray()));
    }

    private static byte[] serial() {
        byte[] resources = Aml.resources(
                Aml.ports(GuestLayout.SERIAL_PORT, SERIAL_PORTS), Aml.interrupt(GuestLayout.SERIAL_INTERRUPT, true));
        return Aml.device(
                "COM1",
                Aml.all(
                        Aml.name("_HID", Aml.eisaId("PNP0501")),
                        Aml.name("_UID", Aml.integer(0)),
                        Aml.name("_CRS", resources)));
    }

    private static byte[] virtio(int index, Window window) {
        if (window.base < 0 || window.base > 0xFFFF_FFFFL - Window.SIZE || window.irq < 0) {
            throw new BugException("no device of virtio can be at 0x" + Long.toHexString(window.base), null);
        }
        byte[] resources = Aml.resources(Aml.memory(window.base, Window.SIZE), Aml.interrupt(window.irq, false));
        return Aml.device(
                name('V', index),
                Aml.all(
                        Aml.name("_HID", Aml.string("LNRO0005")),
                        Aml.name("_UID", Aml.integer(index)),
                        Aml.name("_CCA", Aml.integer(1)),
                        Aml.name("_CRS", resources)));
    }

    /** {@return a letter and three hexadecimal digits} */
    private static String name(char letter, int index) {
        String digits = Integer.toHexString(0x1000 | index & 0xFFF).substring(1);
        StringBuilder name = new StringBuilder().append(letter);
        for (int i = 0; i < digits.length(); i++) {
            name.append(Character.toUpperCase(digits.charAt(i)));
        }
        return name.toString();
    }
}
