package belljar.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.UserException;
import belljar.linux.At;
import belljar.linux.Fs;
import belljar.linux.OpenFlags;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class VolumeStoreTest {
    @TempDir
    Path dir;

    private VolumeStore store;

    @BeforeEach
    void open() {
        store = new VolumeStore(dir.resolve("volumes"), VolumeStoreTest::remove);
    }

    private static void remove(Path directory) {
        int fd = Fs.HOST.open(At.FDCWD, directory.resolve("..").toString(), OpenFlags.DIRECTORY, 0);
        Fs.HOST.removeTree(fd, String.valueOf(directory.getFileName()));
        Fs.HOST.close(fd);
    }

    private static void write(Path data, String text) {
        try {
            Files.writeString(data.resolve("file"), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void keepsWhatIsKnownOfAVolume() {
        Volume made = store.create("one", false, Map.of("a", "b"), Map.of());
        assertThat(store.find("one")).contains(made);
        assertThat(store.require("o")).isEqualTo(made);
        assertThat(store.list()).containsExactly(made);
        assertThat(store.data("one")).isDirectory();
        assertThatThrownBy(() -> store.create("one", false, Map.of(), Map.of()))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("exists already");
        assertThatThrownBy(() -> store.create("../x", false, Map.of(), Map.of()))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("not a volume's name");
        assertThatThrownBy(() -> store.require("x"))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("no volume 'x'");
    }

    @Test
    void takesDirectoriesAndMemoryAndRefusesTheRest() {
        assertThat(store.create("bound", false, Map.of(), Map.of("o", "bind", "device", "/srv"))
                        .type())
                .isEqualTo("none");
        assertThat(store.create("memory", false, Map.of(), Map.of("type", "tmpfs"))
                        .mounted())
                .isTrue();
        for (Map<String, String> wrong : List.of(
                Map.of("type", "nfs", "device", "h:/x"), Map.of("o", "bind"), Map.of("size", "1"), Map.of("o", "ro"))) {
            assertThatThrownBy(() -> store.create("wrong", false, Map.of(), wrong))
                    .isInstanceOf(UserException.class);
        }
        assertThat(store.find("wrong")).isEmpty();
    }

    @Test
    void fillsOnceForAllWhoComeAtTheSameTime() throws InterruptedException {
        AtomicInteger times = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            threads.add(Thread.ofPlatform()
                    .start(() -> store.fill("shared", data -> write(data, "time " + times.incrementAndGet()))));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(times).hasValue(1);
        assertThat(store.data("shared").resolve("file")).hasContent("time 1");
        assertThat(store.require("shared").filled()).isTrue();
    }

    @Test
    void fillsAnewWhatWasLeftHalfFull() {
        assertThatThrownBy(() -> store.fill("half", data -> {
                    write(data, "half");
                    throw new IllegalStateException("died here");
                }))
                .isInstanceOf(IllegalStateException.class);
        store.fill("half", data -> {
            assertThat(data).isEmptyDirectory();
            write(data, "whole");
        });
        assertThat(store.data("half").resolve("file")).hasContent("whole");
    }

    @Test
    void doesNotFillWhatHasContentAlready() throws IOException {
        Path data = Files.createDirectories(dir.resolve("volumes/plain/_data"));
        write(data, "mine");
        assertThat(store.list()).hasSize(1);
        store.fill("plain", each -> write(each, "other"));
        assertThat(data.resolve("file")).hasContent("mine");
    }

    @Test
    void removesAllOrNothingAndWhatOthersLeft() throws IOException {
        store.fill("one", data -> write(data, "x"));
        assertThatThrownBy(() -> store.remove("one", () -> {
                    throw new UserException("in use");
                }))
                .hasMessage("in use");
        assertThat(store.find("one")).isPresent();
        Files.createDirectories(dir.resolve("volumes/.gone-other-1/_data"));
        assertThat(store.remove("one", () -> {})).isTrue();
        assertThat(store.remove("one", () -> {})).isFalse();
        assertThat(dir.resolve("volumes")).isEmptyDirectory();
    }
}
