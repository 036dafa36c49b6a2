package belljar.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

final class SyscallTableTest {
    @Test
    void knowsOldAndNewCalls() {
        SyscallTable table = SyscallTable.of(SyscallAbi.X86_64);
        assertThat(table.number("read")).isZero();
        assertThat(table.number("file_setattr")).isEqualTo(SyscallTable.NEWEST);
        assertThat(table.name(435)).isEqualTo("clone3");
        assertThat(table.name(400)).isEmpty();
        assertThat(table.number("socketcall")).isEqualTo(-1);
        assertThat(SyscallTable.of(SyscallAbi.X86).number("socketcall")).isEqualTo(102);
        assertThat(SyscallTable.of(SyscallAbi.X86).name(384)).isEqualTo("arch_prctl");
    }

    @Test
    void givesX32ItsOwnNumbers() {
        SyscallTable table = SyscallTable.of(SyscallAbi.X32);
        assertThat(table.number("execve")).isEqualTo(520);
        assertThat(table.name(59)).isEmpty();
        assertThat(table.number("openat")).isEqualTo(257);
        assertThat(table.number("uselib")).isEqualTo(-1);
    }

    @Test
    void agreesWithTheConstants() throws Exception {
        SyscallTable table = SyscallTable.of(SyscallAbi.X86_64);
        for (Field field : Nr.class.getFields()) {
            assertThat(table.number(field.getName().toLowerCase(Locale.ROOT)))
                    .as(field.getName())
                    .isEqualTo(field.getInt(null));
        }
    }

    @Test
    void agreesWithTheKernelsHeaders() throws IOException {
        agrees(SyscallAbi.X86_64, "unistd_64.h");
        agrees(SyscallAbi.X86, "unistd_32.h");
        agrees(SyscallAbi.X32, "unistd_x32.h");
    }

    private static void agrees(SyscallAbi abi, String file) throws IOException {
        Path header = Path.of("/usr/include/x86_64-linux-gnu/asm", file);
        Assumptions.assumeTrue(Files.exists(header), header + " needs the package linux-libc-dev");
        Matcher matcher = Pattern.compile("#define __NR_(\\w+) (?:\\(__X32_SYSCALL_BIT \\+ )?(\\d+)")
                .matcher(Files.readString(header));
        int found = 0;
        while (matcher.find()) {
            int number = Integer.parseInt(matcher.group(2));
            if (number <= SyscallTable.NEWEST || abi == SyscallAbi.X32) {
                assertThat(SyscallTable.of(abi).number(matcher.group(1)))
                        .as(abi + " " + matcher.group(1))
                        .isEqualTo(number);
                found++;
            }
        }
        assertThat(found).isGreaterThan(300);
    }
}
