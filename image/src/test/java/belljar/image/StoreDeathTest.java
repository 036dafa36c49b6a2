package belljar.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kills processes at work on a store, and goes on with what they left. */
final class StoreDeathTest {
    private static final int DEATHS = 12;

    @TempDir
    private Path work;

    /** Loads an archive and removes its image, over and over, until it is killed. */
    static final class Worker {
        private Worker() {}

        public static void main(String[] arguments) throws IOException {
            Images images = Images.open(Path.of(arguments[0]));
            byte[] archive = Files.readAllBytes(Path.of(arguments[1]));
            System.out.println("ready");
            while (true) {
                try (InputStream in = new ByteArrayInputStream(archive)) {
                    images.load(in, "archive", Progress.NONE);
                }
                images.remove("app", true, ImageUsers.NONE);
            }
        }
    }

    @Test
    void worksOnAfterProcessesWereKilledAtAnyInstruction() throws Exception {
        Images source = Images.open(work.resolve("source"));
        List<byte[]> layers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            layers.add(LayerSample.tar("file" + i + "=" + "content".repeat(20_000), "d" + i + "/x=y"));
        }
        StoredImage image = Sample.image(source.store(), "x", layers, "app");
        Path archive = work.resolve("app.tar");
        source.save(List.of("app"), "oci-archive", archive, Progress.NONE);
        Path root = work.resolve("store");

        for (int i = 0; i < DEATHS; i++) {
            killAfter(5 + 41 * i, root, archive);
            Images images = Images.open(root);
            // Whatever is listed must be whole or made whole.
            for (ImageSummary summary : images.list()) {
                check(images.prepare(summary.image(), Progress.NONE));
            }
        }
        assertThat(root.resolve("layers/meta")).as("what the killed ones did").isDirectory();
        Images images = Images.open(root);
        try (InputStream in = Files.newInputStream(archive)) {
            check(images.load(in, "archive", Progress.NONE).get(0));
        }
        assertThat(images.require("app").id()).isEqualTo(image.id());
        assertThat(images.prune(false, ImageUsers.NONE).deferred()).isFalse();
        assertThat(root.resolve("images/ingest")).isEmptyDirectory();
        assertThat(root.resolve("images/blobs/sha256").toFile().list()).hasSize(5);
        assertThat(root.resolve("layers").toFile().list()).hasSize(4);
        images.remove("app", false, ImageUsers.NONE);
        assertThat(root.resolve("layers").toFile().list()).containsExactly("meta");
        assertThat(root.resolve("images/records")).isEmptyDirectory();
        assertThat(root.resolve("images/names")).isEmptyDirectory();
        assertThat(root.resolve("images").toFile().list()).noneMatch(name -> name.startsWith(StoreFiles.TEMPORARY));
    }

    private static void check(StoredImage image) {
        List<String> directories = image.layerDirectories();
        assertThat(directories).hasSize(3);
        for (int i = 0; i < 3; i++) {
            assertThat(Path.of(directories.get(2 - i), "file" + i)).hasSize(7 * 20_000);
            assertThat(Path.of(directories.get(2 - i), "d" + i + "/x")).hasContent("y");
        }
    }

    private static void killAfter(int millis, Path root, Path archive) throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin/java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Worker.class.getName(),
                        root.toString(),
                        archive.toString())
                .redirectError(new File("/dev/null"))
                .start();
        try {
            assertThat(process.getInputStream().read()).isEqualTo('r');
            // Where it dies is meant to differ from run to run.
            process.waitFor(millis, TimeUnit.MILLISECONDS);
        } finally {
            process.destroyForcibly().waitFor();
        }
    }
}
