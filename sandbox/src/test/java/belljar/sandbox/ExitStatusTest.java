package belljar.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.HostException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ExitStatusTest {
    @TempDir
    Path dir;

    private ExitStatus read(int signo, int code, int status) throws IOException {
        ByteBuffer file = ByteBuffer.allocate(144).order(ByteOrder.LITTLE_ENDIAN);
        file.putInt(0, signo).putInt(8, code).putInt(24, status);
        file.putLong(128, 1_700_000_000L).putLong(136, 123_999_999);
        Path path = Files.write(dir.resolve("x.exit"), file.array());
        return ExitStatus.read(path).orElseThrow();
    }

    @Test
    void givesTheExitCode() throws IOException {
        ExitStatus status = read(17, 1, 42);
        assertThat(status.known()).isTrue();
        assertThat(status.code()).isEqualTo(42);
        assertThat(status.signal()).isZero();
        assertThat(status.endedAtMillis()).isEqualTo(1_700_000_000_123L);
    }

    @Test
    void givesTheSignalAndItsCode() throws IOException {
        ExitStatus killed = read(17, 2, 9);
        assertThat(killed.code()).isEqualTo(137);
        assertThat(killed.signal()).isEqualTo(9);
        ExitStatus dumped = read(17, 3, 11);
        assertThat(dumped.code()).isEqualTo(139);
    }

    @Test
    void knowsWhenButNotHowAfterAnAdoption() throws IOException {
        ExitStatus status = read(0, 0, 0);
        assertThat(status.known()).isFalse();
        assertThat(status.code()).isEqualTo(-1);
        assertThat(status.endedAtMillis()).isEqualTo(1_700_000_000_123L);
    }

    @Test
    void isEmptyWithoutAFile() {
        assertThat(ExitStatus.read(dir.resolve("none"))).isEmpty();
    }

    @Test
    void refusesADamagedFile() throws IOException {
        Path path = Files.write(dir.resolve("short"), new byte[143]);
        assertThatThrownBy(() -> ExitStatus.read(path))
                .isInstanceOf(HostException.class)
                .hasMessage("the exit file " + path + " is damaged; remove it");
    }
}
