package belljar.image;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * Writes a tree as a layer: a pax archive (tar(5), OCI image layer) sorted by path, in which everything follows from
 * the tree alone. Not safe for use by several threads.
 */
final class AptLayerWriter {
    private static final int BLOCK = 512;
    private static final long MAXIMUM_OCTAL_SIZE = 0_77777777777L;
    private static final int MAXIMUM_OCTAL_ID = 0_7777777;

    private final OutputStream out;
    private final long newest;
    private final byte[] header = new byte[BLOCK];
    private final IdentityHashMap<DebNode, String> written = new IdentityHashMap<>();

    private AptLayerWriter(OutputStream out, long newest) {
        this.out = out;
        this.newest = newest;
    }

    /**
     * Writes the layer.
     *
     * @param tree what to write
     * @param newest the time of files that have none of their own, in seconds since 1970
     * @param out where to; not closed
     * @throws IOException if a file cannot be read or the output cannot be written
     */
    static void write(DebTree tree, long newest, OutputStream out) throws IOException {
        AptLayerWriter writer = new AptLayerWriter(out, newest);
        for (Map.Entry<String, DebNode> each : tree.nodes().entrySet()) {
            writer.entry(each.getKey(), each.getValue());
        }
        out.write(new byte[2 * BLOCK]);
    }

    private void entry(String path, DebNode node) throws IOException {
        switch (node) {
            case DebNode.Directory directory -> header(path + "/", '5', directory.meta(), 0, "");
            case DebNode.Link link -> header(path, '2', link.meta(), 0, link.target());
            case DebNode.Regular regular -> regular(path, regular);
        }
    }

    private void regular(String path, DebNode.Regular regular) throws IOException {
        String first = written.putIfAbsent(regular, path);
        if (first != null) {
            header(path, '1', regular.meta(), 0, first);
            return;
        }
        long size = regular.content().size();
        header(path, '0', regular.meta(), size, "");
        try (InputStream in = regular.content().open()) {
            in.transferTo(out);
        }
        pad(size);
    }

    private void pad(long size) throws IOException {
        out.write(new byte[(int) (-size & BLOCK - 1)]);
    }

    private void header(String path, char type, DebNode.Meta meta, long size, String target) throws IOException {
        byte[] name = path.getBytes(StandardCharsets.UTF_8);
        byte[] link = target.getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream pax = new ByteArrayOutputStream();
        if (name.length > 100 || name.length > path.length()) {
            record(pax, "path", path);
        }
        if (link.length > 100 || link.length > target.length()) {
            record(pax, "linkpath", target);
        }
        if (size > MAXIMUM_OCTAL_SIZE) {
            record(pax, "size", Long.toString(size));
        }
        if (meta.uid() > MAXIMUM_OCTAL_ID) {
            record(pax, "uid", Integer.toString(meta.uid()));
        }
        if (meta.gid() > MAXIMUM_OCTAL_ID) {
            record(pax, "gid", Integer.toString(meta.gid()));
        }
        long mtime = meta.mtime() == DebNode.NEWEST ? newest : meta.mtime();
        if (pax.size() > 0) {
            block("pax".getBytes(StandardCharsets.US_ASCII), 'x', DebNode.Meta.root(0644), 0, pax.size(), new byte[0]);
            pax.writeTo(out);
            pad(pax.size());
        }
        block(name, type, meta, mtime, size, link);
    }

    private static void record(ByteArrayOutputStream pax, String key, String value) {
        byte[] rest = (" " + key + "=" + value + "\n").getBytes(StandardCharsets.UTF_8);
        // The length counts its own digits.
        int length = rest.length + 1;
        while (Integer.toString(length).length() + rest.length > length) {
            length++;
        }
        pax.writeBytes(Integer.toString(length).getBytes(StandardCharsets.US_ASCII));
        pax.writeBytes(rest);
    }

    private void block(byte[] name, char type, DebNode.Meta meta, long mtime, long size, byte[] link)
            throws IOException {
        java.util.Arrays.fill(header, (byte) 0);
        System.arraycopy(name, 0, header, 0, Math.min(name.length, 100));
        octal(100, 8, meta.mode());
        octal(108, 8, Math.min(meta.uid(), MAXIMUM_OCTAL_ID));
        octal(116, 8, Math.min(meta.gid(), MAXIMUM_OCTAL_ID));
        octal(124, 12, Math.min(size, MAXIMUM_OCTAL_SIZE));
        octal(136, 12, Math.clamp(mtime, 0, MAXIMUM_OCTAL_SIZE));
        header[156] = (byte) type;
        System.arraycopy(link, 0, header, 157, Math.min(link.length, 100));
        put(257, "ustar\00000");
        put(148, "        ");
        int sum = 0;
        for (byte each : header) {
            sum += each & 0xff;
        }
        octal(148, 7, sum);
        header[155] = ' ';
        out.write(header);
    }

    private void octal(int offset, int width, long value) {
        String digits = Long.toOctalString(value);
        put(offset, "0".repeat(width - 1 - digits.length()) + digits);
        header[offset + width - 1] = 0;
    }

    private void put(int offset, String ascii) {
        byte[] bytes = ascii.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(bytes, 0, header, offset, bytes.length);
    }
}
