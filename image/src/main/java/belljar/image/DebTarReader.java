package belljar.image;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Reads the tar members of a Debian package: the subset of tar(5) that deb(5) allows, ustar with GNU's long names or
 * pax names. What a package has no business with (sparse files, device nodes, multi-volume) is refused. Forwards only;
 * not safe for use by several threads.
 */
final class DebTarReader {
    private static final int BLOCK = 512;
    private static final int MAXIMUM_EXTENSION = 1 << 16;

    private final InputStream in;
    private final byte[] header = new byte[BLOCK];
    private long left;
    private int padding;

    DebTarReader(InputStream in) {
        this.in = in;
    }

    /** The kinds of entry that a package may have. */
    enum Kind {
        DIRECTORY,
        REGULAR,
        HARD_LINK,
        SYMBOLIC_LINK
    }

    /**
     * One entry.
     *
     * @param kind what it is
     * @param name its name as it stands in the archive
     * @param target what a link points to; empty for the rest
     * @param meta owner, permissions and time
     */
    record Entry(Kind kind, String name, String target, DebNode.Meta meta) {}

    /**
     * Moves to the next entry.
     *
     * @return the entry, or null at the end of the archive
     * @throws IOException if the archive is damaged or holds what a package may not
     */
    @Nullable Entry next() throws IOException {
        String longName = "";
        String longTarget = "";
        while (true) {
            skipRest();
            if (!readHeader()) {
                return null;
            }
            char type = (char) header[156];
            left = number(124, 12);
            padding = (int) (-left & BLOCK - 1);
            switch (type) {
                case 'L' -> longName = extension();
                case 'K' -> longTarget = extension();
                case 'x' -> {
                    String records = extension();
                    longName = pax(records, "path", longName);
                    longTarget = pax(records, "linkpath", longTarget);
                }
                case 'g' -> extension();
                default -> {
                    return entry(type, longName, longTarget);
                }
            }
        }
    }

    /** {@return the present entry's content; valid until {@link #next()} is called} */
    InputStream content() {
        return new ContentStream();
    }

    private Entry entry(char type, String longName, String longTarget) throws IOException {
        String name = longName.isEmpty() ? name() : longName;
        Kind kind = switch (type) {
            case '0', '\0' -> name.endsWith("/") ? Kind.DIRECTORY : Kind.REGULAR;
            case '1' -> Kind.HARD_LINK;
            case '2' -> Kind.SYMBOLIC_LINK;
            case '5' -> Kind.DIRECTORY;
            default ->
                throw new IOException("'" + name + "' is of tar's type '" + type + "', which no file of a package is");
        };
        if (kind != Kind.REGULAR && left != 0) {
            throw new IOException("'" + name + "' has content though it is no regular file");
        }
        boolean link = kind == Kind.HARD_LINK || kind == Kind.SYMBOLIC_LINK;
        String target = link ? longTarget.isEmpty() ? text(157, 100) : longTarget : "";
        if (link && target.isEmpty()) {
            throw new IOException("'" + name + "' is a link to nothing");
        }
        long mtime = number(136, 12);
        DebNode.Meta meta = new DebNode.Meta((int) number(100, 8) & 07777, id(108), id(116), mtime);
        return new Entry(kind, name, target, meta);
    }

    private int id(int offset) throws IOException {
        long id = number(offset, 8);
        if (id > Integer.MAX_VALUE) {
            throw new IOException("'" + name() + "' has the owner " + id);
        }
        return (int) id;
    }

    private String name() throws IOException {
        String name = text(0, 100);
        boolean ustar = text(257, 6).equals("ustar");
        String prefix = ustar ? text(345, 155) : "";
        return prefix.isEmpty() ? name : prefix + "/" + name;
    }

    private boolean readHeader() throws IOException {
        int got = in.readNBytes(header, 0, BLOCK);
        if (got == 0) {
            return false;
        }
        if (got < BLOCK) {
            throw new EOFException("its tar ends inside a header");
        }
        int sum = 0;
        boolean blank = true;
        for (int i = 0; i < BLOCK; i++) {
            sum += i >= 148 && i < 156 ? ' ' : header[i] & 0xff;
            blank &= header[i] == 0;
        }
        if (blank) {
            return false;
        }
        if (sum != number(148, 8)) {
            throw new IOException("a header of its tar has a wrong checksum");
        }
        return true;
    }

    private String extension() throws IOException {
        if (left > MAXIMUM_EXTENSION) {
            throw new IOException("a name in its tar has " + left + " bytes");
        }
        byte[] bytes = content().readAllBytes();
        int end = bytes.length;
        while (end > 0 && bytes[end - 1] == 0) {
            end--;
        }
        return decoded(bytes, 0, end);
    }

    /** Finds a value among pax records of the form {@code LENGTH KEY=VALUE\n}. */
    private static String pax(String records, String key, String fallback) throws IOException {
        byte[] bytes = records.getBytes(StandardCharsets.UTF_8);
        String found = fallback;
        int at = 0;
        while (at < bytes.length) {
            int blank = at;
            int length = 0;
            while (blank < bytes.length && bytes[blank] >= '0' && bytes[blank] <= '9' && blank - at < 6) {
                length = length * 10 + bytes[blank++] - '0';
            }
            int end = at + length;
            if (blank >= bytes.length || bytes[blank] != ' ' || end <= blank + 1 || end > bytes.length) {
                throw new IOException("its tar has a malformed pax record");
            }
            String record = new String(bytes, blank + 1, end - blank - 2, StandardCharsets.UTF_8);
            if (record.startsWith(key + "=")) {
                found = record.substring(key.length() + 1);
            }
            if (record.startsWith("size=") || record.startsWith("GNU.sparse")) {
                throw new IOException("its tar has the pax record '" + record + "', which is not supported");
            }
            at = end;
        }
        return found;
    }

    private String text(int offset, int length) throws IOException {
        int end = offset;
        while (end < offset + length && header[end] != 0) {
            end++;
        }
        // Old GNU tar's magic is "ustar  ": blanks are no part of any of the fields read here.
        return decoded(header, offset, end - offset).stripTrailing();
    }

    private static String decoded(byte[] bytes, int offset, int length) throws IOException {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes, offset, length))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new IOException("a name in its tar is not UTF-8", e);
        }
    }

    private long number(int offset, int length) throws IOException {
        long value = 0;
        if (header[offset] < 0) {
            // Base 256 of GNU, for what does not fit in octal digits; negative numbers are of no use here.
            for (int i = 1; i < length; i++) {
                if (value >> 48 != 0) {
                    throw new IOException("a number in its tar is too large");
                }
                value = value << 8 | header[offset + i] & 0xff;
            }
            return value;
        }
        for (int i = 0; i < length; i++) {
            byte c = header[offset + i];
            if (c == 0 || c == ' ') {
                continue;
            }
            if (c < '0' || c > '7') {
                throw new IOException("a number in its tar is malformed");
            }
            value = value * 8 + (c - '0');
        }
        return value;
    }

    private void skipRest() throws IOException {
        content().transferTo(java.io.OutputStream.nullOutputStream());
        if (in.readNBytes(padding).length < padding) {
            throw new EOFException("its tar ends inside a file");
        }
        padding = 0;
    }

    private final class ContentStream extends InputStream {
        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            if (left == 0) {
                return -1;
            }
            int got = in.read(buffer, offset, (int) Math.min(length, left));
            if (got < 0) {
                throw new EOFException("its tar ends inside a file");
            }
            left -= got;
            return got;
        }
    }
}
