package belljar.image;

import belljar.linux.At;
import belljar.linux.Fs;
import belljar.linux.OpenFlags;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;

/** A directory with a root file system, as an image of one layer: {@code dir:ROOTFS}. */
final class RootDirectory implements ImageSource {
    private final Path directory;

    RootDirectory(Path directory) {
        this.directory = directory;
    }

    @Override
    public String description() {
        return "dir:" + directory;
    }

    @Override
    public StoredImage fetchInto(ContentStore store, Progress progress) {
        StoreFiles.readable(directory.toString());
        try (StoreLock _ = StoreLock.shared(store.contentLockPath());
                Ingest ingest = store.ingestUnknown()) {
            progress.started(description(), "pack " + directory, -1);
            try (OutputStream out = new BufferedOutputStream(ingest.stream(), 128 * 1024)) {
                pack(out);
            } catch (IOException e) {
                throw StoreFiles.failure("pack " + directory, e);
            }
            Descriptor layer = ingest.commit();
            progress.finished(description(), "done");
            ImageConfig config = ImageConfig.builder(Platform.HOST)
                    .layer(layer.digest(), "", "the directory " + StoreFiles.leaf(directory))
                    .build();
            return store.commit(RootImport.manifest(store, layer, MediaTypes.OCI_LAYER, config), List.of());
        }
    }

    private void pack(OutputStream out) throws IOException {
        int fd = Fs.HOST.open(
                At.FDCWD, directory.toString(), OpenFlags.DIRECTORY | OpenFlags.CLOEXEC | OpenFlags.RDONLY, 0);
        try {
            LayerPacker.pack(Fs.HOST, fd, out, PackOptions.TREE);
            out.flush();
        } finally {
            Fs.HOST.close(fd);
        }
    }
}
