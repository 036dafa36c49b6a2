package belljar.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.HostException;
import belljar.linux.HostKernel;
import belljar.linux.Nr;
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store on a file system of 4 MiB. */
final class FullDiskTest {
    private static final int MEGABYTE = 1 << 20;

    @TempDir
    private Path work;

    private Path disk;
    private Images images;

    @BeforeEach
    void mount() throws Exception {
        Assumptions.assumeTrue(HostKernel.INSTANCE.call(Nr.GETEUID) == 0, "mounting a small disk needs root");
        disk = Files.createDirectory(work.resolve("disk"));
        Programs.run("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk.toString());
        images = Images.open(disk.resolve("store"));
    }

    @AfterEach
    void unmount() throws Exception {
        if (disk != null) {
            Programs.run("umount", disk.toString());
        }
    }

    private StoredImage importFile(int size) {
        byte[] archive = LayerSample.tar("big=" + "x".repeat(size));
        return images.importTar(
                new ByteArrayInputStream(archive), "archive", List.of(), "", "localhost/big", Progress.NONE);
    }

    @Test
    void saysSoWhileContentComesInAndKeepsNothing() {
        assertThatThrownBy(() -> importFile(5 * MEGABYTE))
                .isInstanceOf(HostException.class)
                .hasMessageContaining("disk is full");
        assertThat(disk.resolve("store/images/ingest")).isEmptyDirectory();
        assertThat(images.list()).isEmpty();
    }

    @Test
    void saysSoWhileALayerIsUnpackedAndWorksOnceThereIsSpace() {
        assertThatThrownBy(() -> importFile(3 * MEGABYTE))
                .isInstanceOf(HostException.class)
                .hasMessageContaining("disk is full");
        assertThat(images.list()).isEmpty();
        assertThat(disk.resolve("store/layers").toFile().list()).containsExactly("meta");

        assertThat(images.prune(false, ImageUsers.NONE).reclaimedBytes()).isGreaterThan(3 * MEGABYTE);
        assertThat(importFile(MEGABYTE).layerDirectories()).hasSize(1);
    }
}
