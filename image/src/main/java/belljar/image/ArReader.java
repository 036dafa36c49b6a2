package belljar.image;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Reads the Unix {@code ar} format of Debian packages (deb(5), ar(5)) member by member, forwards only.
 *
 * <p>Input is hostile until proven otherwise: sizes are checked, and a member's stream never reads past its member. GNU
 * and BSD long names are refused, since deb(5) does not allow them. Not safe for use by several threads.
 */
final class ArReader {
    private static final String MAGIC = "!<arch>\n";
    private static final int HEADER = 60;

    private final InputStream in;
    private long left;
    private boolean padded;

    /**
     * Starts reading.
     *
     * @param in the archive, positioned at its first byte; the caller closes it
     * @throws IOException if it is not an ar archive or cannot be read
     */
    ArReader(InputStream in) throws IOException {
        this.in = in;
        byte[] magic = in.readNBytes(MAGIC.length());
        if (!new String(magic, StandardCharsets.ISO_8859_1).equals(MAGIC)) {
            throw new IOException("it does not start as an ar archive does");
        }
    }

    /**
     * One member's header.
     *
     * @param name the name without padding or a trailing slash
     * @param size the length of its content in bytes
     */
    record Member(String name, long size) {}

    /**
     * Moves to the next member, skipping what is left of the present one.
     *
     * @return its header, or null at the end of the archive
     * @throws IOException if the archive is damaged or cannot be read
     */
    @Nullable Member next() throws IOException {
        skipRest();
        byte[] header = in.readNBytes(HEADER);
        if (header.length == 0) {
            return null;
        }
        if (header.length < HEADER) {
            throw new EOFException("it ends inside an ar header");
        }
        if (header[58] != '`' || header[59] != '\n') {
            throw new IOException("an ar header lacks its end mark");
        }
        String name = new String(header, 0, 16, StandardCharsets.ISO_8859_1).stripTrailing();
        if (name.endsWith("/")) {
            name = name.substring(0, name.length() - 1);
        }
        if (name.isEmpty() || name.indexOf('/') >= 0) {
            throw new IOException("an ar member has the name '" + name + "'");
        }
        left = decimal(new String(header, 48, 10, StandardCharsets.ISO_8859_1).strip());
        padded = left % 2 != 0;
        return new Member(name, left);
    }

    /** {@return the present member's content, from where it was read up to; valid until {@link #next()} is called} */
    InputStream content() {
        return new MemberStream();
    }

    private void skipRest() throws IOException {
        while (left > 0) {
            long skipped = in.skip(left);
            if (skipped <= 0) {
                if (in.read() < 0) {
                    throw new EOFException("it ends inside a member");
                }
                skipped = 1;
            }
            left -= skipped;
        }
        if (padded) {
            padded = false;
            // The last member's padding may be missing: GNU ar accepts that, and so did some old builders' output.
            in.read();
        }
    }

    private static long decimal(String digits) throws IOException {
        if (digits.isEmpty() || digits.length() > 10) {
            throw new IOException("an ar member has the size '" + digits + "'");
        }
        long value = 0;
        for (int i = 0; i < digits.length(); i++) {
            char c = digits.charAt(i);
            if (c < '0' || c > '9') {
                throw new IOException("an ar member has the size '" + digits + "'");
            }
            value = value * 10 + (c - '0');
        }
        return value;
    }

    private final class MemberStream extends InputStream {
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
                throw new EOFException("it ends inside a member");
            }
            left -= got;
            return got;
        }
    }
}
