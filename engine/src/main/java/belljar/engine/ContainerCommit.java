package belljar.engine;

import belljar.image.CommitOptions;
import belljar.image.ImageConfig;
import belljar.image.ImageConfigBuilder;
import belljar.image.Images;
import belljar.image.LayerPacker;
import belljar.image.PackOptions;
import belljar.image.Platform;
import belljar.image.Progress;
import belljar.image.StoredImage;
import belljar.linux.At;
import belljar.linux.Fs;
import belljar.linux.OpenFlags;
import belljar.linux.Stub;
import belljar.sandbox.IdMaps;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Makes an image of a container: its image's layers and one of its changes. */
final class ContainerCommit {
    private final Book book;
    private final Images images;
    private final ContainerRecord record;
    private final CommitRequest request;

    ContainerCommit(Book book, Images images, ContainerRecord record, CommitRequest request) {
        this.book = book;
        this.images = images;
        this.record = record;
        this.request = request;
    }

    /**
     * {@return the image}
     *
     * @param progress told how far unpacking it is
     */
    StoredImage run(Progress progress) {
        boolean directory = record.imageId().isEmpty();
        // What a root in place has changed nobody knows, so all of it is the layer.
        boolean whole = request.squash() || directory;
        Optional<StoredImage> base = directory ? Optional.empty() : Optional.of(ContainerTree.image(images, record));
        ImageConfig config = base.map(StoredImage::config)
                .orElseGet(() -> ImageConfig.builder(Platform.HOST).build());
        ImageConfigBuilder builder = config.toBuilder();
        if (whole) {
            builder.withoutLayers();
        }
        takeOver(builder, config);
        CommitOptions options = new CommitOptions(
                request.author(),
                request.message(),
                String.join(" ", record.command()),
                request.changes(),
                request.docker());
        return images.commit(
                builder.build(),
                whole ? Optional.empty() : base,
                whole ? this::packAll : this::packChanges,
                options,
                request.name(),
                progress);
    }

    /** An image of a container runs as the container did. */
    private void takeOver(ImageConfigBuilder builder, ImageConfig config) {
        if (!record.labels().isEmpty()) {
            Map<String, String> labels = new HashMap<>(config.labels());
            labels.putAll(record.labels());
            builder.labels(labels);
        }
        if (!RequestFile.exists(book.directory(record.id()))) {
            return;
        }
        ProcessRequest asked = RequestFile.load(book.directory(record.id())).process();
        if (asked.entrypoint().isPresent()) {
            builder.entrypoint(asked.entrypoint().get());
            builder.cmd(List.of());
        }
        if (!asked.command().isEmpty()) {
            builder.cmd(asked.command());
        }
        if (!asked.user().isEmpty()) {
            builder.user(asked.user());
        }
        if (!asked.workdir().isEmpty()) {
            builder.workingDir(asked.workdir());
        }
        if (!asked.stopSignal().isEmpty()) {
            builder.stopSignal(asked.stopSignal());
        }
        List<String> env = new ArrayList<>(asked.unsetAllEnv() ? List.of() : config.env());
        for (String name : asked.unsetEnv()) {
            env.removeIf(each -> each.startsWith(name + "="));
        }
        for (String variable : asked.env()) {
            String start = variable.substring(0, Math.max(0, variable.indexOf('='))) + "=";
            env.removeIf(each -> each.startsWith(start));
            env.add(variable);
        }
        builder.env(env);
    }

    private void packAll(OutputStream out) {
        try (ContainerTree tree = ContainerTree.open(book, images, record, false)) {
            tree.pack(out);
        }
    }

    private void packChanges(OutputStream out) {
        String upper = book.directory(record.id()).resolve("upper").toString();
        SmallFile.makeDirectories(book.directory(record.id()).resolve("upper"));
        IdMaps maps = ContainerTree.maps(book, record);
        TreeOwners owners = ContainerTree.owners(maps);
        if (!IdMapping.rootless()) {
            pack(Fs.HOST, upper, owners, out);
            return;
        }
        try (Stub stub = NamespaceOwner.start(maps.within().orElse(maps))) {
            pack(new Fs(stub), upper, owners, out);
        }
    }

    private static void pack(Fs fs, String upper, TreeOwners owners, OutputStream out) {
        int fd = fs.open(At.FDCWD, upper, OpenFlags.DIRECTORY, 0);
        try {
            LayerPacker.pack(fs, fd, out, PackOptions.UPPER, owners::insideUid, owners::insideGid);
        } finally {
            fs.close(fd);
        }
    }
}
