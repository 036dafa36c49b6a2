package belljar.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class NativeLibraryTest {
    @TempDir
    static Path dir;

    private static KernelEntry entry;

    @BeforeAll
    static void load() throws Exception {
        Path library = Files.write(dir.resolve("libbelljar.so"), NativeLibrary.elf());
        entry = new NativeCalls(library.toString());
    }

    @Test
    void makesSystemCallsWithAllTheirArguments() {
        assertThat(entry.call(Nr.GETPID, 0, 0, 0, 0, 0, 0))
                .isEqualTo(ProcessHandle.current().pid());
        assertThat(entry.call(Nr.CLOSE, -1, 0, 0, 0, 0, 0)).isEqualTo(-Errno.EBADF);
        // mmap refuses an offset that is not of whole pages, its sixth argument.
        assertThat(entry.call(Nr.MMAP, 0, 4096, 1, 0x22, -1, 1)).isEqualTo(-Errno.EINVAL);
    }

    @Test
    void showsMemoryAsBuffersAndBuffersAsMemory() {
        ByteBuffer direct = ByteBuffer.allocateDirect(16).order(ByteOrder.LITTLE_ENDIAN);
        direct.putLong(8, 0x1122334455667788L);
        ByteBuffer same = entry.buffer(entry.address(direct), 16).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(same.capacity()).isEqualTo(16);
        assertThat(same.getLong(8)).isEqualTo(0x1122334455667788L);
        assertThat(new ForeignCalls().address(direct)).isEqualTo(entry.address(direct));
    }

    @Test
    void startsStubsInAProcessThatUsesIt() throws Exception {
        Path library = Files.write(dir.resolve("other.so"), NativeLibrary.elf());
        Process child = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin/java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-D" + KernelEntry.LIBRARY + "=" + library,
                        "-cp",
                        System.getProperty("java.class.path"),
                        Starter.class.getName())
                .redirectErrorStream(true)
                .start();
        String output = new String(child.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(output).isEqualTo("started\n");
        assertThat(child.waitFor()).isZero();
    }

    /** Starts a stub, and says so where it answers. */
    static final class Starter {
        private Starter() {}

        public static void main(String[] args) {
            try (Stub stub = Stub.start(0, -1, -1, -1)) {
                if (stub.call(Nr.GETPID) == stub.pid()) {
                    System.out.println("started");
                }
            }
        }
    }
}
