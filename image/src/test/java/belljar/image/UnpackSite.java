package belljar.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.UserException;
import belljar.linux.At;
import belljar.linux.Fs;
import belljar.linux.OpenFlags;
import belljar.linux.Stat;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A root to unpack layers into, with files beside it that no layer may reach. */
abstract class UnpackSite {
    static final Fs FS = Fs.HOST;

    @TempDir
    Path directory;

    Path root;
    int rootFd;
    private Map<String, String> canary = Map.of();
    final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    final TarWriter tar = TarWriter.to(bytes);
    UnpackOptions options = UnpackOptions.ROOT;

    @BeforeEach
    void prepare() throws IOException {
        Assumptions.assumeTrue(FS.stat(openDirectory(directory)).uid() == 0, "only root may make devices and owners");
        Files.createDirectories(directory.resolve("outside/sub"));
        Files.writeString(directory.resolve("outside/passwd"), "root");
        Files.writeString(directory.resolve("outside/sub/file"), "secret");
        root = Files.createDirectory(directory.resolve("root"));
        rootFd = openDirectory(root);
        canary = snapshot();
    }

    /** Whatever a test did: nothing outside the root has changed. */
    @AfterEach
    void nothingOutsideWasTouched() throws IOException {
        FS.close(rootFd);
        assertThat(snapshot()).isEqualTo(canary);
        assertThat(Path.of("/belljar-escaped")).doesNotExist();
    }

    static int openDirectory(Path path) {
        return FS.open(At.FDCWD, path.toString(), OpenFlags.DIRECTORY, 0);
    }

    private Map<String, String> snapshot() throws IOException {
        Map<String, String> seen = new TreeMap<>();
        try (var paths = Files.walk(directory)) {
            for (Path path : paths.toList()) {
                if (path.startsWith(root) || path.equals(directory)) {
                    continue;
                }
                Stat stat = FS.find(At.FDCWD, path.toString()).orElseThrow();
                String content = stat.isRegular() ? Files.readString(path) : "";
                seen.put(
                        path.toString(),
                        stat.mode() + " " + stat.links() + " " + stat.uid() + " " + stat.modifySeconds() + "."
                                + stat.modifyNanos() + " " + stat.changeNanos() + content);
            }
        }
        return seen;
    }

    void put(TarEntry entry) {
        tar.put(entry);
    }

    void file(String name, String content) {
        byte[] data = content.getBytes(StandardCharsets.UTF_8);
        tar.put(TarEntry.file(name, 0644, data.length));
        tar.write(data, 0, data.length);
    }

    UnpackedLayer unpack() {
        tar.finish();
        return unpack(bytes.toByteArray());
    }

    UnpackedLayer unpack(byte[] archive) {
        return LayerUnpacker.unpack(FS, rootFd, new ByteArrayInputStream(archive), options);
    }

    void refuses(String message) {
        assertThatThrownBy(this::unpack).isInstanceOf(UserException.class).hasMessageContaining(message);
    }

    Stat stat(String path) {
        return FS.find(rootFd, path).orElseThrow();
    }

    String text(String path) throws IOException {
        return Files.readString(root.resolve(path));
    }

    byte[] xattr(String path, String name) {
        int fd = FS.open(rootFd, path, OpenFlags.PATH | OpenFlags.NOFOLLOW, 0);
        try {
            return FS.xattrs().get(fd, name).orElse(new byte[0]);
        } finally {
            FS.close(fd);
        }
    }

    boolean isWhiteout(String path) {
        return UnpackTree.isWhiteout(stat(path));
    }
}
