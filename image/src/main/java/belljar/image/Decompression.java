package belljar.image;

import belljar.failure.HostException;
import belljar.failure.UserException;
import io.airlift.compress.v3.MalformedInputException;
import io.airlift.compress.v3.zstd.ZstdInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import org.tukaani.xz.XZIOException;
import org.tukaani.xz.XZInputStream;

/**
 * Opens archives whatever their compression, which is told by their first bytes: gzip (RFC 1952), zstd (RFC 8878), xz
 * (the .xz file format 1.2), or none. Bombs are the consumer's to stop, who knows how much it will take.
 */
public final class Decompression {
    private static final int MAGIC = 6;

    /** What xz may take for its dictionary, KiB: enough for preset -9, whose dictionary is 64 MiB. */
    private static final int XZ_MEMORY = 100 * 1024;

    private Decompression() {}

    /**
     * {@return the decompressed content} Reading it throws {@link UserException} where the compressed data is damaged.
     *
     * @param in the content, compressed or not; read in large pieces, and not closed by closing the result
     * @throws UserException if the compression is known but not supported
     * @throws HostException if the stream cannot be read
     */
    public static InputStream open(InputStream in) {
        try {
            byte[] magic = in.readNBytes(MAGIC);
            PushbackInputStream whole = new PushbackInputStream(in, MAGIC) {
                @Override
                public void close() {
                    // The stream below belongs to the caller.
                }
            };
            whole.unread(magic);
            if (starts(magic, 0x1f, 0x8b)) {
                return new GzipStream(whole);
            }
            if (starts(magic, 0x28, 0xb5, 0x2f, 0xfd) || isSkippableFrame(magic)) {
                return new Checked("zstd", new ZstdInputStream(whole));
            }
            if (starts(magic, 0xfd, '7', 'z', 'X', 'Z', 0)) {
                return new Checked("xz", new XZInputStream(whole, XZ_MEMORY));
            }
            if (starts(magic, 'B', 'Z', 'h')) {
                throw new UserException("the archive is compressed with bzip2, which is not supported;"
                        + " compress it with gzip, zstd or xz");
            }
            return whole;
        } catch (XZIOException | EOFException e) {
            throw damaged("xz", e);
        } catch (IOException e) {
            throw new HostException("cannot read the archive: " + e.getMessage(), e);
        }
    }

    private static boolean isSkippableFrame(byte[] magic) {
        return magic.length >= 4
                && (magic[0] & 0xf0) == 0x50
                && starts(new byte[] {magic[1], magic[2], magic[3]}, 0x2a, 0x4d, 0x18);
    }

    private static boolean starts(byte[] bytes, int... magic) {
        if (bytes.length < magic.length) {
            return false;
        }
        for (int i = 0; i < magic.length; i++) {
            if ((bytes[i] & 0xff) != magic[i]) {
                return false;
            }
        }
        return true;
    }

    static UserException damaged(String format, Exception cause) {
        return new UserException(
                "the " + format + " data is damaged (" + cause.getMessage() + "); fetch it again", cause);
    }

    /** Tells damaged data, which a library reports in its own way, from a stream that cannot be read. */
    private static final class Checked extends InputStream {
        private final String format;
        private final InputStream in;

        Checked(String format, InputStream in) {
            this.format = format;
            this.in = in;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int start, int length) throws IOException {
            try {
                return in.read(into, start, length);
            } catch (MalformedInputException | XZIOException | EOFException e) {
                throw damaged(format, e);
            } catch (IOException e) {
                // The zstd library reports an early end as a plain IOException.
                if (String.valueOf(e.getMessage()).startsWith("Not enough input bytes")) {
                    throw damaged(format, e);
                }
                throw e;
            } catch (IllegalArgumentException | IndexOutOfBoundsException | IllegalStateException e) {
                throw damaged(format, e);
            }
        }
    }
}
