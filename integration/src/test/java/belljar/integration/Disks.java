package belljar.integration;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;

/** Disks for virtual machines: files with a file system in them, made without mounting anything. */
final class Disks {
    private Disks() {}

    /**
     * {@return the image, which is made}
     *
     * @param image where
     * @param size its size in bytes
     * @param tree a directory with what is to be on it
     */
    static Path make(Path image, long size, Path tree) throws IOException {
        Machine.needs("mke2fs");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(size);
        }
        Program.run("mke2fs", "-q", "-t", "ext4", "-d", tree.toString(), image.toString())
                .good();
        return image;
    }
}
