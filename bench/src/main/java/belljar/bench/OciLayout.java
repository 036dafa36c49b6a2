package belljar.bench;

import belljar.failure.HostException;
import belljar.json.Json;
import belljar.json.JsonException;
import belljar.json.JsonObject;
import belljar.json.JsonWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.GZIPOutputStream;

/**
 * Writes an image as a directory in the OCI image layout 1.0, which every program compared here can read. Its layers
 * are packed by the host's tar, so that no side meets an archive of its own making.
 */
final class OciLayout {
    /** The one image's reference in its directory. */
    static final String TAG = "bench";

    private final Path path;
    private final List<Json> layers = new ArrayList<>();
    private final List<String> diffIds = new ArrayList<>();
    private String id = "";
    private long compressed;
    private long unpacked;

    /** @param path an empty directory */
    OciLayout(Path path) {
        this.path = path;
        try {
            Files.createDirectories(path.resolve("blobs/sha256"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Appends a layer.
     *
     * @param root the directory that names are relative to
     * @param names the files and directories in it, none of them with what is below
     */
    void layer(Path root, List<String> names) {
        try {
            Path list =
                    Files.write(path.resolve("names"), String.join("\0", names).getBytes(StandardCharsets.UTF_8));
            Process tar = new ProcessBuilder(
                            "tar",
                            "--create",
                            "--directory=" + root,
                            "--no-recursion",
                            "--numeric-owner",
                            "--null",
                            "--verbatim-files-from",
                            "--files-from=" + list)
                    .redirectError(path.resolve("tar.log").toFile())
                    .start();
            Path blob = path.resolve("layer");
            MessageDigest inside = sha256();
            MessageDigest outside = sha256();
            try (InputStream from = tar.getInputStream();
                    OutputStream to = Files.newOutputStream(blob);
                    OutputStream zipped = new GZIPOutputStream(new DigestOutputStream(to, outside), 1 << 16);
                    OutputStream plain = new DigestOutputStream(zipped, inside)) {
                unpacked += from.transferTo(plain);
            }
            int code = tar.waitFor();
            if (code != 0) {
                throw new HostException(
                        "tar ended with " + code + ": " + Files.readString(path.resolve("tar.log")), null);
            }
            Files.delete(path.resolve("tar.log"));
            Files.delete(list);
            compressed += Files.size(blob);
            diffIds.add("sha256:" + HexFormat.of().formatHex(inside.digest()));
            layers.add(adopt(blob, outside.digest(), "application/vnd.oci.image.layer.v1.tar+gzip")
                    .build());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HostException("interrupted while a layer was packed", e);
        }
    }

    /** Writes what makes the layers an image. */
    void finish() {
        JsonObject config = JsonObject.builder()
                .put("architecture", "amd64")
                .put("os", "linux")
                .put(
                        "config",
                        JsonObject.builder()
                                .put("Env", List.of("PATH=/usr/sbin:/usr/bin:/sbin:/bin"))
                                .put("Cmd", List.of("/bin/sh"))
                                .build())
                .put(
                        "rootfs",
                        JsonObject.builder()
                                .put("type", "layers")
                                .put("diff_ids", diffIds)
                                .build())
                .build();
        JsonObject stored =
                document(config, "application/vnd.oci.image.config.v1+json").build();
        id = digest(stored);
        JsonObject manifest = JsonObject.builder()
                .put("schemaVersion", 2)
                .put("mediaType", "application/vnd.oci.image.manifest.v1+json")
                .put("config", stored)
                .put("layers", new Json.Arr(layers))
                .build();
        JsonObject.Builder descriptor = document(manifest, "application/vnd.oci.image.manifest.v1+json")
                .put(
                        "annotations",
                        JsonObject.builder()
                                .put("org.opencontainers.image.ref.name", TAG)
                                .build());
        try {
            Files.writeString(path.resolve("oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}");
            Files.writeString(
                    path.resolve("index.json"),
                    JsonWriter.write(JsonObject.builder()
                            .put("schemaVersion", 2)
                            .put("manifests", new Json.Arr(List.of(descriptor.build())))
                            .build()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String digest(JsonObject descriptor) {
        try {
            return descriptor.text("digest");
        } catch (JsonException e) {
            throw new IllegalStateException("a descriptor of our own without a digest", e);
        }
    }

    private JsonObject.Builder document(JsonObject document, String mediaType) {
        byte[] bytes = JsonWriter.write(document).getBytes(StandardCharsets.UTF_8);
        try {
            return adopt(Files.write(path.resolve("document"), bytes), sha256().digest(bytes), mediaType);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private JsonObject.Builder adopt(Path file, byte[] digest, String mediaType) throws IOException {
        String hex = HexFormat.of().formatHex(digest);
        long size = Files.size(file);
        Files.move(file, path.resolve("blobs/sha256/" + hex));
        return JsonObject.builder()
                .put("mediaType", mediaType)
                .put("digest", "sha256:" + hex)
                .put("size", size);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** {@return how to name the image to programs that read it} */
    String reference() {
        return "oci:" + path + ":" + TAG;
    }

    /** {@return the image's id, which is the digest of its configuration; empty before it is finished} */
    String id() {
        return id;
    }

    /** {@return bytes of all layers as they travel} */
    long compressed() {
        return compressed;
    }

    /** {@return bytes of all layers' archives, unpacked} */
    long unpacked() {
        return unpacked;
    }

    /** {@return how many layers there are} */
    int layers() {
        return layers.size();
    }
}
