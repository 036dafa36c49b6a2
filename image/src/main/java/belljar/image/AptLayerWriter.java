package belljar.image;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes a tree as a layer (OCI image specification, "Image Layer Filesystem Changeset"), sorted by path, in which
 * everything follows from the tree alone. Not safe for use by several threads.
 */
final class AptLayerWriter {
    private final TarWriter tar;
    private final long newest;
    private final IdentityHashMap<DebNode, String> written = new IdentityHashMap<>();
    private final byte[] buffer = new byte[1 << 16];

    private AptLayerWriter(TarWriter tar, long newest) {
        this.tar = tar;
        this.newest = newest;
    }

    /**
     * Writes the layer.
     *
     * @param tree what to write
     * @param newest the time of files that have none of their own, in seconds since 1970
     * @param out where to, in small pieces; not closed
     * @throws IOException if a file cannot be read
     * @throws belljar.failure.HostException if the output cannot be written
     */
    static void write(DebTree tree, long newest, OutputStream out) throws IOException {
        AptLayerWriter writer = new AptLayerWriter(TarWriter.to(out), newest);
        for (Map.Entry<String, DebNode> each : tree.nodes().entrySet()) {
            writer.entry(each.getKey(), each.getValue());
        }
        writer.tar.finish();
    }

    private void entry(String path, DebNode node) throws IOException {
        switch (node) {
            case DebNode.Directory directory -> put(path, TarType.DIRECTORY, directory.meta(), 0, "");
            case DebNode.Link link -> put(path, TarType.SYMLINK, link.meta(), 0, link.target());
            case DebNode.Regular regular -> regular(path, regular);
        }
    }

    private void regular(String path, DebNode.Regular regular) throws IOException {
        String first = written.putIfAbsent(regular, path);
        if (first != null) {
            put(path, TarType.HARD_LINK, regular.meta(), 0, first);
            return;
        }
        put(path, TarType.FILE, regular.meta(), regular.content().size(), "");
        try (InputStream in = regular.content().open()) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                tar.write(buffer, 0, n);
            }
        }
    }

    private void put(String path, TarType type, DebNode.Meta meta, long size, String target) {
        long mtime = meta.mtime() == DebNode.NEWEST ? newest : meta.mtime();
        tar.put(new TarEntry(
                path,
                type,
                meta.mode(),
                meta.uid(),
                meta.gid(),
                size,
                mtime,
                0,
                target,
                "",
                "",
                0,
                0,
                Map.of(),
                List.of()));
    }
}
