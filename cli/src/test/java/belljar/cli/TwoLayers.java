package belljar.cli;

import belljar.image.ContentStore;
import belljar.image.Descriptor;
import belljar.image.Digest;
import belljar.image.ImageConfig;
import belljar.image.ImageConfigBuilder;
import belljar.image.Images;
import belljar.image.Manifest;
import belljar.image.MediaTypes;
import belljar.image.Platform;
import belljar.image.Progress;
import belljar.image.Reference;
import belljar.image.TarEntry;
import belljar.image.TarWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The image {@code two}: busybox with a user {@code app} of id 100 and group 101, and a layer on top of it that takes
 * files away.
 */
final class TwoLayers {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final TarWriter tar = TarWriter.to(bytes);

    private TwoLayers() {}

    /** Writes the image to an archive. */
    static void write(Path scratch, Path archive) throws IOException {
        Images images = Images.open(scratch);
        ContentStore store = images.store();
        ImageConfigBuilder config = ImageConfig.builder(Platform.HOST).cmd(List.of("sh"));
        Descriptor bottom = put(store, bottom(), config);
        Descriptor top = put(store, top(), config);
        Descriptor pointer = store.put(MediaTypes.OCI_CONFIG, config.build().toBytes());
        Manifest manifest = new Manifest(MediaTypes.OCI_MANIFEST, pointer, List.of(bottom, top), Map.of());
        store.commit(store.put(MediaTypes.OCI_MANIFEST, manifest.toBytes()), List.of(Reference.parse("two")));
        images.save(List.of("two"), "oci-archive", archive, Progress.NONE);
    }

    private static Descriptor put(ContentStore store, byte[] layer, ImageConfigBuilder config) {
        config.layer(Digest.sha256(layer), "", "test");
        return store.put(MediaTypes.OCI_LAYER, layer);
    }

    private static byte[] bottom() throws IOException {
        TwoLayers layer = new TwoLayers();
        byte[] busybox = Files.readAllBytes(Path.of("/bin/busybox"));
        layer.directory("bin", 0755, 0, 0);
        layer.file("bin/busybox", 0755, 0, 0, busybox);
        layer.file("bin/setuid", 04755, 100, 101, busybox);
        for (String name : List.of("sh", "stat", "su", "touch", "ls", "cat", "mkdir", "chown", "id")) {
            layer.tar.put(TarEntry.symlink("bin/" + name, "busybox"));
        }
        layer.directory("etc", 0755, 0, 0);
        layer.text("etc/passwd", "root:x:0:0::/:/bin/sh\napp:x:100:101::/home/app:/bin/sh\n");
        layer.text("etc/group", "root:x:0:\napp:x:101:\n");
        layer.directory("home/app", 0700, 100, 101);
        layer.file("home/app/secret", 0600, 100, 101, "mine\n".getBytes(StandardCharsets.UTF_8));
        layer.directory("home/app/closed", 0500, 100, 101);
        layer.file("home/app/closed/deep", 0400, 100, 101, new byte[0]);
        layer.text("gone", "gone");
        layer.text("var/opaque/below", "below");
        return layer.finish();
    }

    private static byte[] top() {
        TwoLayers layer = new TwoLayers();
        layer.text(".wh.gone", "");
        layer.directory("var/opaque", 0755, 0, 0);
        layer.text("var/opaque/.wh..wh..opq", "");
        layer.text("var/opaque/above", "above");
        // Its directory is described only by the layer below.
        layer.file("home/app/added", 0644, 100, 101, new byte[0]);
        return layer.finish();
    }

    private void directory(String name, int mode, int uid, int gid) {
        tar.put(TarEntry.directory(name, mode).withOwner(uid, gid));
    }

    private void text(String name, String content) {
        file(name, 0644, 0, 0, content.getBytes(StandardCharsets.UTF_8));
    }

    private void file(String name, int mode, int uid, int gid, byte[] content) {
        tar.put(TarEntry.file(name, mode, content.length).withOwner(uid, gid));
        tar.write(content, 0, content.length);
    }

    private byte[] finish() {
        tar.finish();
        return bytes.toByteArray();
    }
}
