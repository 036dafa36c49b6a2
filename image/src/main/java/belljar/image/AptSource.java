package belljar.image;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Makes an image from the machine's own Debian archive: apt resolves, downloads and verifies the packages; they are
 * unpacked into one tree, completed to a working system, and written as one layer.
 *
 * <p>One layer, because the closure of another request shares packages with this one but hardly ever a sequence of
 * them, so that a layer for each package would cost a directory of the overlay each and rarely be shared. The layer is
 * not compressed, which OCI allows: it is made to be run here, so that compressing it would only cost the first run
 * time, and its digest and its diff id are the same.
 *
 * <p>The same packages give the same image: paths are sorted, times are the packages' own, and {@code created} is the
 * newest of them. The image is remembered under {@link AptRequest#name()}, so that a caller that looks there first
 * ({@link ContentStore#byAlias}) need not run apt again.
 *
 * <p>Safe for use by several threads and processes, of which one works at a time.
 */
public final class AptSource implements ImageSource {
    private static final String PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    private static final int BUFFER = 1 << 17;

    private final AptRequest request;
    private final AptDirectories directories;

    private AptSource(AptRequest request, AptDirectories directories) {
        this.request = request;
        this.directories = directories;
    }

    /**
     * {@return the source of an image}
     *
     * @param request the packages
     * @param cache an absolute directory for downloaded packages, package lists and apt's state, kept from one image to
     *     the next; made when it is needed
     */
    public static AptSource of(AptRequest request, Path cache) {
        return new AptSource(request, AptDirectories.under(cache));
    }

    /** Made with other directories than the machine's. */
    static AptSource of(AptRequest request, AptDirectories directories) {
        return new AptSource(request, directories);
    }

    @Override
    public String description() {
        return request.name();
    }

    @Override
    public StoredImage fetchInto(ContentStore store, Progress progress) {
        AptProgress told = new AptProgress(progress, request.name());
        return AptUnpack.locked(directories, told, "make '" + request.name() + "'", () -> {
            told.step("resolving " + String.join(", ", request.packages()), -1);
            AptDownload download = new AptDownload(new AptTool(directories, told), directories, List.of());
            List<AptDownload.Item> items = download.fetch(request);
            StoredImage image = store(items, store, told);
            told.finish(items.size() + (items.size() == 1 ? " package" : " packages"));
            return image;
        });
    }

    private StoredImage store(List<AptDownload.Item> items, ContentStore store, AptProgress progress)
            throws IOException {
        try (AptUnpack unpacked = AptUnpack.all(items, directories, progress)) {
            DebTree tree = unpacked.tree();
            long newest = newest(tree);
            EtcFiles.complete(tree, osRelease());
            Descriptor layer = layer(tree, newest, store);
            ImageConfig config = config(items, layer.digest(), newest, AptCommand.of(request, tree));
            Descriptor configuration = store.put(MediaTypes.OCI_CONFIG, config.toBytes());
            Manifest manifest = new Manifest(MediaTypes.OCI_MANIFEST, configuration, List.of(layer), Map.of());
            StoredImage image = store.commit(store.put(MediaTypes.OCI_MANIFEST, manifest.toBytes()), List.of());
            store.alias(request.name(), image);
            return image;
        }
    }

    private static Descriptor layer(DebTree tree, long newest, ContentStore store) throws IOException {
        try (Ingest ingest = store.ingestUnknown()) {
            OutputStream out = new BufferedOutputStream(ingest.stream(), BUFFER);
            AptLayerWriter.write(tree, newest, out);
            out.flush();
            Descriptor blob = ingest.commit();
            return Descriptor.of(MediaTypes.OCI_LAYER, blob.digest(), blob.size());
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
        // What os-release(5) says a system without the file is.
        String none = "ID=linux\nNAME=Linux\nPRETTY_NAME=\"Linux\"\n";
        try {
            Path host = Path.of("/usr/lib/os-release");
            return Files.size(host) < 1 << 14 ? Files.readString(host) : none;
        } catch (IOException unreadable) {
            return none;
        }
    }

    private ImageConfig config(List<AptDownload.Item> items, Digest layer, long newest, List<String> command) {
        String created = Instant.ofEpochSecond(newest).toString();
        List<String> versions = new ArrayList<>();
        items.forEach(item -> versions.add(item.chosen().toString()));
        // Sorted: Map.of gives another order in every process, and with it another digest.
        Map<String, String> labels = new TreeMap<>();
        labels.put("belljar.apt.packages", String.join(", ", versions));
        labels.put("belljar.apt.request", String.join(",", request.packages()));
        return ImageConfig.builder(Platform.HOST)
                .created(created)
                .env(List.of(PATH))
                .cmd(command)
                .workingDir("/")
                .labels(labels)
                .layer(layer, created, "belljar " + request.name())
                .build();
    }
}
