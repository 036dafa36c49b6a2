package belljar.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.UserException;
import belljar.linux.Rlimit.Values;
import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

final class RlimitTest {
    @Test
    void agreesWithTheKernelAboutEveryResource() throws Exception {
        // The kernel prints the limits in an order of its own; the names tell them apart.
        String[] titles = {
            "Max cpu time",
            "Max file size",
            "Max data size",
            "Max stack size",
            "Max core file size",
            "Max resident set",
            "Max processes",
            "Max open files",
            "Max locked memory",
            "Max address space",
            "Max file locks",
            "Max pending signals",
            "Max msgqueue size",
            "Max nice priority",
            "Max realtime priority",
            "Max realtime timeout"
        };
        for (Rlimit limit : Rlimit.values()) {
            Values values = limit.current();
            try (BufferedReader file = Files.newBufferedReader(Path.of("/proc/self/limits"))) {
                String line = file.lines()
                        .filter(l -> l.startsWith(titles[limit.number()] + " "))
                        .findFirst()
                        .orElseThrow();
                String[] columns = line.substring(26).strip().split(" +", -1);
                assertThat(columns[0]).as(line).isEqualTo(text(values.soft()));
                assertThat(columns[1]).as(line).isEqualTo(text(values.hard()));
            }
        }
    }

    private static String text(long value) {
        return value == Rlimit.INFINITY ? "unlimited" : Long.toUnsignedString(value);
    }

    @Test
    void readsNames() {
        assertThat(Rlimit.parse("nofile")).isEqualTo(Rlimit.NOFILE);
        assertThat(Rlimit.parse("RLIMIT_NPROC")).isEqualTo(Rlimit.NPROC);
        assertThat(Rlimit.NOFILE.number()).isEqualTo(7);
        assertThatThrownBy(() -> Rlimit.parse("files"))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("'files' is not a resource limit; there are cpu, fsize");
    }

    @Test
    void laysOutTheStructure() {
        try (Memory memory = HostKernel.INSTANCE.lend()) {
            long struct = new Values(5, Rlimit.INFINITY).struct(memory);
            assertThat(memory.getLong(struct)).isEqualTo(5);
            assertThat(memory.getLong(struct + 8)).isEqualTo(-1);
        }
    }
}
