package belljar.image;

import belljar.failure.UserException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** An image in an archive's file: {@code docker-archive:FILE[:ref]} and {@code oci-archive:FILE[:ref]}. */
final class ArchiveFile implements ImageSource, ImageSink {
    private final String transport;
    private final Path file;
    private final String ref;
    private final Platform platform;

    ArchiveFile(String transport, Path file, String ref, Platform platform) {
        this.transport = transport;
        this.file = file;
        this.ref = ref;
        this.platform = platform;
    }

    @Override
    public String description() {
        return transport + ":" + file + (ref.isEmpty() ? "" : ":" + ref);
    }

    /** {@return a text that changes when the archive does} */
    String alias() {
        try {
            return description() + "?" + Files.size(file) + "," + Files.getLastModifiedTime(file) + ","
                    + Files.getAttribute(file, "unix:ino");
        } catch (IOException e) {
            throw new UserException("there is no archive '" + file + "'", e);
        }
    }

    @Override
    public StoredImage fetchInto(ContentStore store, Progress progress) {
        String alias = alias();
        try (InputStream in = Files.newInputStream(StoreFiles.readable(file.toString()))) {
            List<StoredImage> images = new ArchiveLoader(store, description(), platform, progress).load(in, ref);
            if (images.size() > 1) {
                throw new UserException("the archive " + file + " holds " + images.size()
                        + " images: name one after a colon, or use load");
            }
            store.alias(alias, images.get(0));
            return images.get(0);
        } catch (IOException e) {
            throw StoreFiles.failure("read " + file, e);
        }
    }

    @Override
    public void send(ContentStore store, StoredImage image, Progress progress) {
        LinkedHashMap<StoredImage, List<Reference>> images = new LinkedHashMap<>();
        images.put(image, ref.isEmpty() ? List.of() : List.of(Reference.parse(ref)));
        write(file, out -> save(new ArchiveSaver(store, out, progress), images));
    }

    private void save(ArchiveSaver saver, Map<StoredImage, List<Reference>> images) {
        if (transport.equals("docker-archive")) {
            saver.docker(images);
        } else {
            saver.oci(images);
        }
    }

    /** Writes to a stream. */
    interface Body {
        void write(OutputStream out);
    }

    /** Writes a file whole or not at all; what is no regular file, such as a pipe, is written as it stands. */
    static void write(Path file, Body body) {
        boolean special = Files.exists(file) && !Files.isRegularFile(file);
        Path target = file.toAbsolutePath();
        Path temporary = special ? target : StoreFiles.temporary(StoreFiles.parent(target), "archive");
        boolean done = false;
        try {
            try (OutputStream out = Files.newOutputStream(temporary)) {
                body.write(out);
            }
            if (!special) {
                Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
            }
            done = true;
        } catch (IOException e) {
            throw StoreFiles.failure("write " + file, e);
        } finally {
            if (!done && !special) {
                StoreFiles.deleteQuietly(temporary);
            }
        }
    }
}
