package belljar.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import belljar.failure.UserException;
import belljar.linux.Batch;
import belljar.linux.Clone;
import belljar.linux.Fd;
import belljar.linux.Stub;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class OverlayMountTest {
    @TempDir
    private Path tmp;

    @BeforeEach
    void isRoot() {
        assumeTrue("root".equals(System.getProperty("user.name")), "skipped: needs root to mount");
    }

    /** Makes layers 0, 1, ... in a directory, each with a file of its name; the topmost comes first. */
    private static List<String> layers(Path directory, int count) throws IOException {
        List<String> layers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Path layer = Files.createDirectories(directory.resolve(Integer.toString(i)));
            Files.writeString(layer.resolve("f" + i), "layer " + i);
            Files.writeString(layer.resolve("top"), "layer " + i);
            layers.add(layer.toString());
        }
        return layers;
    }

    private OverlayMount overlay(Path own, List<String> layers) throws IOException {
        String upper = Files.createDirectories(own.resolve("upper")).toString();
        String work = Files.createDirectories(own.resolve("work")).toString();
        return new OverlayMount(layers, upper, work, false, true);
    }

    /** Makes the overlay, writes to it, and gives what files in it say. */
    private static String read(OverlayMount overlay, boolean old, String... files) throws IOException {
        try (Stub stub = Stub.start(Clone.NEWNS, -1, -1, -1)) {
            int tree;
            try (Batch batch = stub.largeBatch()) {
                batch.step("separate", belljar.linux.Nr.MOUNT, 0, batch.string("/"), 0, 0x44000, 0);
                String place = overlay.upper().substring(0, overlay.upper().lastIndexOf('/'));
                Batch.Step made = old ? overlay.makeOfString(batch, place) : overlay.make(batch);
                batch.run();
                tree = (int) made.result();
            }
            StringBuilder text = new StringBuilder();
            try (Fd root = stub.take(tree)) {
                for (String file : files) {
                    text.append(Files.readString(Path.of("/proc/self/fd/" + root.number(), file)))
                            .append(';');
                }
                Files.writeString(Path.of("/proc/self/fd/" + root.number(), "new"), "written");
            }
            return text.toString();
        }
    }

    @Test
    void takesPathsWithAnyCharacter() throws IOException {
        String odd = "a,b:c\\d=e f\\,g\\:h";
        for (boolean old : List.of(false, true)) {
            Path own = tmp.resolve(odd + old);
            OverlayMount overlay = overlay(own, layers(tmp.resolve("l" + odd), 2));
            assertThat(read(overlay, old, "top", "f1")).isEqualTo("layer 0;layer 1;");
            assertThat(own.resolve("upper/new")).hasContent("written");
        }
    }

    @Test
    void takesLayersFromSeveralDirectories() throws IOException {
        List<String> layers = new ArrayList<>(layers(tmp.resolve("one,two"), 2));
        layers.addAll(layers(tmp.resolve("three/four:"), 3));
        for (boolean old : List.of(false, true)) {
            assertThat(read(overlay(tmp.resolve("own" + old), layers), old, "top", "f2"))
                    .isEqualTo("layer 0;layer 2;");
        }
    }

    @Test
    void takesAsManyLayersAsTheKernel() throws IOException {
        List<String> layers = layers(tmp.resolve("l".repeat(200)), 501);
        assertThat(read(overlay(tmp.resolve("own"), layers.subList(0, 500)), false, "top", "f499"))
                .isEqualTo("layer 0;layer 499;");
        OverlayMount more = overlay(tmp.resolve("own"), layers);
        assertThatThrownBy(() -> read(more, false))
                .isInstanceOf(UserException.class)
                .hasMessage("the image has too many layers (501) for one overlay mount; squash it to fewer");
    }

    @Test
    void refusesMoreThanOneStringHolds() throws IOException {
        List<String> layers = layers(tmp, 30);
        List<String> long200 = new ArrayList<>();
        for (String layer : layers) {
            long200.add(
                    Files.move(Path.of(layer), Path.of(layer + "x".repeat(200))).toString());
        }
        OverlayMount overlay = overlay(tmp.resolve("own"), long200);
        assertThatThrownBy(() -> read(overlay, true))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("too many layers (30)");
        assertThat(read(overlay, false, "top")).isEqualTo("layer 0;");
    }
}
