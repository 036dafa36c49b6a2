package belljar.image;

import java.io.InputStream;
import java.util.List;

/** An entry's content with its holes filled by zeros. */
final class TarContent extends InputStream {
    private final TarReader reader;
    private final List<TarExtent> extents;
    private final long size;
    private long position;
    private int index;

    TarContent(TarReader reader, List<TarExtent> extents, long size) {
        this.reader = reader;
        this.extents = extents;
        this.size = size;
    }

    @Override
    public int read() {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int start, int length) {
        if (length == 0) {
            return 0;
        }
        if (position >= size) {
            return -1;
        }
        while (index < extents.size()
                && position >= extents.get(index).offset() + extents.get(index).length()) {
            index++;
        }
        int n;
        if (index < extents.size() && position >= extents.get(index).offset()) {
            TarExtent extent = extents.get(index);
            long inExtent = extent.offset() + extent.length() - position;
            n = reader.read(into, start, (int) Math.min(length, inExtent));
            if (n < 0) {
                return -1;
            }
        } else {
            long end = index < extents.size() ? extents.get(index).offset() : size;
            n = (int) Math.min(length, end - position);
            java.util.Arrays.fill(into, start, start + n, (byte) 0);
        }
        position += n;
        return n;
    }
}
