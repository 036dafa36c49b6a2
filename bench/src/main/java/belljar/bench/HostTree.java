package belljar.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Picks files of this host to make layers of: real programs, libraries and data compress and unpack as those of real
 * images do, which made-up content does not.
 */
final class HostTree {
    private HostTree() {}

    /**
     * {@return names for a layer, directories before what is in them, sorted so that the same host gives the same}
     *
     * @param top a directory of the host
     * @param most bytes of content at which to stop
     * @param largest bytes of the largest file to take
     */
    static List<String> pick(Path top, long most, long largest) {
        List<Path> all = new ArrayList<>();
        try {
            Files.walkFileTree(top, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                    if ((attributes.isRegularFile() || attributes.isSymbolicLink())
                            && attributes.size() <= largest
                            && file.toString().indexOf('\n') < 0) {
                        all.add(file);
                    }
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFileFailed(Path file, IOException e) {
                    return FileVisitResult.CONTINUE;
                }
            });
            Collections.sort(all);
            List<String> names = new ArrayList<>();
            Set<Path> seen = new HashSet<>();
            long total = 0;
            for (Path file : all) {
                total += Files.isSymbolicLink(file) ? 0 : Files.size(file);
                if (total > most) {
                    break;
                }
                parents(file.getParent(), seen, names);
                names.add(Path.of("/").relativize(file).toString());
            }
            return names;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void parents(@Nullable Path directory, Set<Path> seen, List<String> names) {
        if (directory == null || directory.getParent() == null || !seen.add(directory)) {
            return;
        }
        parents(directory.getParent(), seen, names);
        names.add(Path.of("/").relativize(directory).toString());
    }
}
