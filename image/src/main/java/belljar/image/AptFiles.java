package belljar.image;

import belljar.failure.HostException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * Single files out of packages of the machine's own Debian archive, for what needs a kernel or a program and no image.
 * apt resolves, downloads and verifies, as for an {@link AptSource}, whose downloads these share.
 *
 * <p>Safe for use by several threads and processes, of which one works at a time.
 */
public final class AptFiles {
    private AptFiles() {}

    /**
     * Reads files.
     *
     * @param request the packages; what they depend on is looked into, too
     * @param without packages that are not needed for this although something depends on them
     * @param cache the directory for downloads that {@link AptSource#of(AptRequest, Path)} is given
     * @param progress told how far it is
     * @param wanted says for a path, such as {@code usr/bin/busybox}, whether its file is wanted; with links of
     *     {@code /bin} and its kin resolved, as in a merged {@code /usr}
     * @return the contents of the regular files by path
     * @throws belljar.failure.UserException if there is no such package, or no apt
     * @throws HostException if the packages cannot be had or read
     */
    public static SortedMap<String, byte[]> read(
            AptRequest request, List<String> without, Path cache, Progress progress, Predicate<String> wanted) {
        AptDirectories directories = AptDirectories.under(cache);
        AptProgress told = new AptProgress(progress, request.name());
        return AptUnpack.locked(directories, told, "read files of '" + request.name() + "'", () -> {
            told.step("resolving " + String.join(", ", request.packages()), -1);
            List<AptDownload.Item> items =
                    new AptDownload(new AptTool(directories, told), directories, without).fetch(request);
            try (AptUnpack unpacked = AptUnpack.all(items, directories, told)) {
                SortedMap<String, byte[]> files = contents(unpacked.tree(), wanted);
                told.finish(files.size() + (files.size() == 1 ? " file" : " files"));
                return files;
            }
        });
    }

    private static SortedMap<String, byte[]> contents(DebTree tree, Predicate<String> wanted) throws IOException {
        SortedMap<String, byte[]> files = new TreeMap<>();
        for (Map.Entry<String, DebNode> each : tree.nodes().entrySet()) {
            if (each.getValue() instanceof DebNode.Regular file && wanted.test(each.getKey())) {
                try (InputStream in = file.content().open()) {
                    files.put(each.getKey(), in.readAllBytes());
                }
            }
        }
        return files;
    }
}
