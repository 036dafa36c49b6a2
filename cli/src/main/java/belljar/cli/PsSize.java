package belljar.cli;

import belljar.engine.ContainerRecord;
import belljar.engine.Engine;
import belljar.failure.BelljarException;
import belljar.failure.HostException;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;

/** What {@code ps} has to look for on the host, apart from the rest, since only some options need it. */
final class PsSize {
    private PsSize() {}

    /** {@return how many bytes the files have that a container has written into its root file system} */
    static long written(Engine engine, ContainerRecord record) {
        try {
            return below(engine.directory(record.id()).resolve("upper"), "the container " + record.name());
        } catch (BelljarException removed) {
            return 0;
        }
    }

    /**
     * {@return how many bytes all files below a directory have; 0 where there is none}
     *
     * @param directory the directory
     * @param whose whose it is, for messages
     */
    static long below(Path directory, String whose) {
        long[] sum = new long[1];
        if (!Files.isDirectory(directory)) {
            return 0;
        }
        try {
            Files.walkFileTree(directory, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                    sum[0] += attributes.isRegularFile() ? attributes.size() : 0;
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFileFailed(Path file, IOException gone) {
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            throw new HostException("cannot measure the files of " + whose + ": " + e, e);
        }
        return sum[0];
    }

    /** {@return how much a container has written, for people} */
    static String text(Engine engine, ContainerRecord record) {
        return Text.size(written(engine, record));
    }

    /** {@return the number of a process's namespace; empty when it cannot be read} */
    static String namespace(long pid, String kind) {
        try {
            String link = Files.readSymbolicLink(Path.of("/proc/" + pid + "/ns/" + kind))
                    .toString();
            int open = link.indexOf('[');
            return open < 0 ? link : link.substring(open + 1, link.length() - 1);
        } catch (IOException gone) {
            return "";
        }
    }
}
