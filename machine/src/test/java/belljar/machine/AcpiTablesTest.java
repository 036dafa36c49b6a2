package belljar.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.UserException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AcpiTablesTest {
    private static final Path IASL = Path.of("/usr/bin/iasl");
    private static final AcpiTables.Window DISK = new AcpiTables.Window(0xD000_0000L, 5);
    private static final AcpiTables.Window NET = new AcpiTables.Window(0xD000_1000L, 6);

    private final GuestMemory memory = GuestMemory.allocate(2 << 20);

    private String text(long at, int length) {
        return new String(bytes(at, length), StandardCharsets.US_ASCII);
    }

    private byte[] bytes(long at, int length) {
        byte[] bytes = new byte[length];
        memory.read(at, bytes, 0, length);
        return bytes;
    }

    private int sum(long at, int length) {
        int sum = 0;
        for (byte b : bytes(at, length)) {
            sum += b;
        }
        return sum & 0xFF;
    }

    /** Follows the tables as a guest does, and checks their sums. */
    private Map<String, Long> tables(long rsdp) {
        assertThat(text(rsdp, 8)).isEqualTo("RSD PTR ");
        assertThat(sum(rsdp, 20)).isZero();
        assertThat(sum(rsdp, memory.getInt(rsdp + 20))).isZero();
        Map<String, Long> tables = new LinkedHashMap<>();
        long xsdt = memory.getLong(rsdp + 24);
        tables.put("XSDT", xsdt);
        int size = memory.getInt(xsdt + 4);
        for (int at = 36; at < size; at += 8) {
            long table = memory.getLong(xsdt + at);
            tables.put(text(table, 4), table);
        }
        tables.put("DSDT", memory.getLong(memory.getLong(xsdt + 36) + 140));
        tables.forEach((name, at) -> {
            assertThat(text(at, 4)).isEqualTo(name);
            assertThat(sum(at, memory.getInt(at + 4))).as(name).isZero();
        });
        return tables;
    }

    @Test
    void leadsToAllTables() {
        long rsdp = AcpiTables.write(memory, 2, List.of(DISK));
        assertThat(rsdp).isEqualTo(0xE_0000);
        assertThat(tables(rsdp)).containsOnlyKeys("XSDT", "FACP", "APIC", "DSDT");
    }

    @Test
    void namesThePortsOfPowerControl() {
        tables(AcpiTables.write(memory, 1, List.of())).forEach((name, at) -> {
            if (name.equals("FACP")) {
                assertThat(memory.getInt(at + 112) >> 20 & 1).isEqualTo(1);
                assertThat(memory.getByte(at + 116)).isEqualTo(1);
                assertThat(memory.getLong(at + 120)).isEqualTo(0x602);
                assertThat(memory.getByte(at + 128)).isEqualTo(1);
                assertThat(memory.getLong(at + 248)).isEqualTo(0x600);
                assertThat(memory.getLong(at + 260)).isEqualTo(0x601);
            }
        });
    }

    /** {@return the type and the identifier of each entry} */
    private List<String> interruptControllers(int cpus) {
        List<String> entries = new ArrayList<>();
        tables(AcpiTables.write(memory, cpus, List.of())).forEach((name, table) -> {
            if (name.equals("APIC")) {
                assertThat(memory.getInt(table + 36)).isEqualTo(0xFEE0_0000);
                int size = memory.getInt(table + 4);
                for (int at = 44; at < size; at += memory.getByte(table + at + 1)) {
                    int type = memory.getByte(table + at);
                    int id = type == 0
                            ? memory.getByte(table + at + 3)
                            : type == 9 ? memory.getInt(table + at + 4) : memory.getInt(table + at + 4) >>> 20;
                    entries.add(type + ":" + id);
                }
            }
        });
        return entries;
    }

    @Test
    void hasAnEntryForEachCpu() {
        assertThat(interruptControllers(2)).containsExactly("0:0", "0:1", "1:" + 0xFEC);
        assertThat(interruptControllers(257))
                .contains("0:254", "9:255", "9:256")
                .hasSize(258);
    }

    @Test
    void refusesWhatTheTablesCannotHold() {
        for (int cpus : new int[] {0, -1, 1025}) {
            assertThatThrownBy(() -> AcpiTables.write(memory, cpus, List.of()))
                    .isInstanceOf(UserException.class)
                    .hasMessageContaining("1 to 1024");
        }
        assertThatThrownBy(() -> AcpiTables.write(memory, 1024, Collections.nCopies(4000, DISK)))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("128 KiB");
    }

    @Test
    void disassemblesWithoutComplaint(@TempDir Path directory) throws IOException, InterruptedException {
        Assumptions.assumeTrue(Files.isExecutable(IASL), "no iasl: the tables are not read by another program");
        for (int cpus : new int[] {1, 300}) {
            String source = disassemble(directory, tables(AcpiTables.write(memory, cpus, List.of(DISK, NET))));
            assertThat(source)
                    .contains("\"LNRO0005\"", "0xD0001000,", "0x00000200,", "Level, ActiveHigh, Exclusive")
                    .contains("PNP0501", "0x03F8,", "Edge, ActiveHigh, Exclusive", "\"ACPI0007\"", "Device (V001)")
                    .contains("Name (_S5, Package");
        }
    }

    /** {@return the source of the DSDT} It and the others are disassembled, and the source assembled again. */
    private String disassemble(Path directory, Map<String, Long> tables) throws IOException, InterruptedException {
        for (Map.Entry<String, Long> table : tables.entrySet()) {
            long at = table.getValue();
            Path file = directory.resolve(table.getKey() + ".aml");
            Files.write(file, bytes(at, memory.getInt(at + 4)));
            run(directory, "-d", file);
            String complaints = run(directory, "-ve", directory.resolve(table.getKey() + ".dsl"));
            assertThat(complaints).as(table.getKey()).doesNotContain("Error ", "Warning ");
        }
        return Files.readString(directory.resolve("DSDT.dsl"));
    }

    private static String run(Path directory, String option, Path file) throws IOException, InterruptedException {
        Process iasl = new ProcessBuilder(IASL.toString(), option, file.toString())
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .start();
        String said = new String(iasl.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(iasl.waitFor()).as(said).isZero();
        assertThat(said).doesNotContain("Checksum", "Invalid", "Unknown", "mismatch", "Could not");
        return said;
    }
}
