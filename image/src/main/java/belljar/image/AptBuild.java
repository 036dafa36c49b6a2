package belljar.image;

import belljar.failure.HostException;
import belljar.json.Json;
import belljar.json.JsonObject;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;

/**
 * Makes an image from the machine's own Debian archive: apt resolves, downloads and verifies the packages; they are
 * unpacked into one tree, completed to a working system, and written as one layer.
 *
 * <p>One layer, because the closure of another request shares packages with this one but never a sequence of them, so
 * that a layer per package would be shared by name only and cost an overlay layer each (the kernel allows a few
 * hundred). The layer is not compressed, which OCI allows: it is made to be run here, so compressing it would cost the
 * first run time twice, and its digest and diff id are the same.
 *
 * <p>The same packages give the same digest: paths are sorted, times are the packages' own, and {@code created} is the
 * newest of them. Safe for use by several threads and processes, one at a time.
 */
final class AptBuild {
    private static final String PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private final AptDirectories directories;
    private final Consumer<String> progress;

    /**
     * Creates the builder.
     *
     * @param home the directory for packages, lists and apt's state, kept from one image to the next
     * @param progress told in a few words what is being done; called on the calling thread
     */
    AptBuild(Path home, Consumer<String> progress) {
        this.directories = new AptDirectories(home);
        this.progress = progress;
    }

    /**
     * What was made.
     *
     * @param digest the layer's digest, which is its diff id as well
     * @param size the layer's length in bytes
     * @param config the image configuration (OCI image configuration)
     */
    record Built(String digest, long size, JsonObject config) {}

    /**
     * Makes the image.
     *
     * @param request the packages
     * @param layer the file that the layer is written to; replaced if it exists
     * @return the image
     * @throws belljar.failure.UserException if the packages do not exist or do not go together
     * @throws HostException if they cannot be downloaded, verified, unpacked or written
     */
    Built build(AptRequest request, Path layer) {
        directories.create();
        synchronized (AptBuild.class) {
            try (FileChannel lock =
                    FileChannel.open(directories.lock(), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                if (lock.tryLock() == null) {
                    progress.accept("waiting for another apt: image to be made");
                    lock.lock();
                }
                AptDownload download = new AptDownload(new AptTool(directories, progress), directories);
                List<AptDownload.Item> items = download.fetch(request);
                return write(request, items, layer);
            } catch (IOException e) {
                throw new HostException("cannot make '" + request.name() + "': " + AptFailure.reason(e), e);
            }
        }
    }

    private Built write(AptRequest request, List<AptDownload.Item> items, Path layer) throws IOException {
        progress.accept("unpacking " + items.size() + (items.size() == 1 ? " package" : " packages"));
        try (AptUnpack unpacked = AptUnpack.all(items, directories)) {
            DebTree tree = unpacked.tree();
            long newest = newest(tree);
            EtcFiles.complete(tree, osRelease());
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            try (OutputStream out =
                    new BufferedOutputStream(new DigestOutputStream(Files.newOutputStream(layer), sha), 1 << 17)) {
                AptLayerWriter.write(tree, newest, out);
            }
            String digest = "sha256:" + HexFormat.of().formatHex(sha.digest());
            List<AptPackage> packages = new ArrayList<>();
            items.forEach(item -> packages.add(item.chosen()));
            return new Built(
                    digest, Files.size(layer), config(request, packages, digest, newest, AptCommand.of(request, tree)));
        } catch (NoSuchAlgorithmException e) {
            throw new IOException("this Java has no SHA-256", e);
        }
    }

    private static long newest(DebTree tree) {
        long newest = 0;
        for (DebNode node : tree.nodes().values()) {
            newest = Math.max(newest, node.meta().mtime());
        }
        return newest;
    }

    /** The archive is the machine's own distribution's, so its name is right for an image without base-files too. */
    private static String osRelease() {
        try {
            Path host = Path.of("/usr/lib/os-release");
            if (Files.size(host) < 1 << 14) {
                return Files.readString(host);
            }
        } catch (IOException unreadable) {
            // Said by os-release(5): a system without the file counts as ID=linux.
            return "ID=linux\nNAME=Linux\nPRETTY_NAME=\"Linux\"\n";
        }
        return "ID=linux\nNAME=Linux\nPRETTY_NAME=\"Linux\"\n";
    }

    private static JsonObject config(
            AptRequest request, List<AptPackage> packages, String digest, long newest, List<String> command) {
        String created = java.time.Instant.ofEpochSecond(newest).toString();
        List<String> versions = packages.stream().map(AptPackage::toString).toList();
        JsonObject.Builder config = JsonObject.builder().put("Env", List.of("PATH=" + PATH));
        if (!command.isEmpty()) {
            config.put("Cmd", command);
        }
        config.put("WorkingDir", "/")
                .put(
                        "Labels",
                        JsonObject.builder()
                                .put("belljar.apt.request", String.join(",", request.packages()))
                                .put("belljar.apt.packages", String.join(", ", versions))
                                .build());
        return JsonObject.builder()
                .put("created", created)
                .put("architecture", "amd64")
                .put("os", "linux")
                .put("config", config.build())
                .put(
                        "rootfs",
                        JsonObject.builder()
                                .put("type", "layers")
                                .put("diff_ids", List.of(digest))
                                .build())
                .put(
                        "history",
                        new Json.Arr(List.of(JsonObject.builder()
                                .put("created", created)
                                .put("created_by", "belljar " + request.name())
                                .put("comment", packages.size() + " packages from the Debian archive")
                                .build())))
                .build();
    }
}
