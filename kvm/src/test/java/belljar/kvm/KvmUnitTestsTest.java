package belljar.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * Runs kvm-unit-tests, which are built elsewhere, and holds the results against the table in docs/conformance.md.
 * {@code -Dkvm.unit.tests=DIR} and {@code -Dkvm.unit.tests.i386=DIR} name the directories,
 * {@code -Dkvm.unit.tests.only=NAME} one test of them. {@code -Dkvm.unit.tests.engine=kvm} has KVM execute them, for
 * which the table has a column of its own.
 */
final class KvmUnitTestsTest {
    private static final int SECONDS = 90;
    private static final int MEBIBYTES = 128;
    private static final int OF_OUR_CPU = 7;
    private static final int OF_KVM = 9;
    private static final int COLUMNS = 10;

    /** A line of the table. */
    private record Row(String name, String file, int bits, int cpus, String arguments, String expected) {
        static Row of(List<String> cells, boolean inKvm) {
            String arguments = cells.get(5).replace("`", "");
            int bits = Integer.parseInt(cells.get(3));
            String expected = cells.get(inKvm ? OF_KVM : OF_OUR_CPU);
            return new Row(cells.get(1), cells.get(2), bits, Integer.parseInt(cells.get(4)), arguments, expected);
        }

        /** Where it was built; empty if nobody has said. */
        String directory() {
            return System.getProperty(bits == 64 ? "kvm.unit.tests" : "kvm.unit.tests.i386", "");
        }
    }

    private static List<Row> table(boolean inKvm) throws IOException {
        List<Row> rows = new ArrayList<>();
        for (String line : Files.readAllLines(Path.of("..", "docs", "conformance.md"))) {
            List<String> cells = new ArrayList<>();
            for (String cell : line.split("\\|", -1)) {
                cells.add(cell.strip());
            }
            if (cells.size() > COLUMNS && cells.get(2).endsWith(".flat")) {
                rows.add(Row.of(cells, inKvm));
            }
        }
        return rows;
    }

    @Test
    void behaveAsTheTableSays() throws IOException, InterruptedException {
        boolean inKvm =
                System.getProperty("kvm.unit.tests.engine", "translator").equals("kvm");
        List<Row> rows = table(inKvm);
        Assumptions.assumeTrue(
                rows.stream().anyMatch(row -> !row.directory().isEmpty()),
                "kvm-unit-tests are not here; name their directory by -Dkvm.unit.tests");
        String only = System.getProperty("kvm.unit.tests.only", "");
        List<String> different = new ArrayList<>();
        for (Row row : rows) {
            if (!row.directory().isEmpty() && (only.isEmpty() || row.name.equals(only))) {
                run(row, inKvm, different);
            }
        }
        assertThat(different).isEmpty();
    }

    private static void run(Row row, boolean inKvm, List<String> different) throws IOException, InterruptedException {
        Path file = Path.of(row.directory(), row.file);
        String arguments =
                row.arguments.replace("NOW", Long.toString(Instant.now().getEpochSecond()));
        long before = System.nanoTime();
        TestKernel.Outcome outcome = new TestKernel(file, row.cpus, MEBIBYTES, arguments, inKvm).run(SECONDS);
        long millis = (System.nanoTime() - before) / 1_000_000;
        String line = String.format(
                Locale.ROOT,
                "%-26s %-4s (%s) %6d ms",
                row.name,
                outcome.verdict(),
                outcome.how().toLowerCase(Locale.ROOT),
                millis);
        System.out.println(line);
        if (!outcome.verdict().equals(row.expected)) {
            different.add(line + "\n" + outcome.output());
        }
    }
}
