package belljar.machine;

import belljar.failure.UserException;
import io.airlift.compress.v3.zstd.ZstdJavaDecompressor;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import org.tukaani.xz.LZMAInputStream;
import org.tukaani.xz.SingleXZInputStream;

/**
 * The packed part of a bzImage, in one of the ways of Linux' scripts/Makefile.lib. In each of them the last four bytes
 * are the size of what is packed: gzip has them by itself, behind the others Linux' build appends them.
 */
final class Payload {
    private static final int SIZE = 4;
    private static final int LEAST_BYTES = 16;

    /** What unpacking xz and lzma may take, KiB: Linux packs with dictionaries of up to 128 MiB. */
    private static final int MOST_MEMORY = 160 * 1024;

    private static final int ZSTD = 0xFD2F_B528;
    /** RFC 8878, 3.1.1.1: a bit of the descriptor, and 8 MiB as a window descriptor has it. */
    private static final int ZSTD_SINGLE_SEGMENT = 1 << 5;

    private static final int ZSTD_MOST_WINDOW = 13 << 3;
    private static final int XZ = 0x587A_37FD;
    private static final int BZIP2 = 0x68_5A42;
    private static final int LZO = 0x4F5A_4C89;
    private static final int GZIP = 0x8B1F;
    private static final int LZMA = 0x5D;
    private static final int THREE_BYTES = 0xFF_FFFF;
    private static final int TWO_BYTES = 0xFFFF;

    private final byte[] bytes;
    private final ByteBuffer file;
    private final int start;
    private final int length;

    /** Takes a range of a file, which is inside it. */
    Payload(byte[] bytes, int start, int length) {
        this.bytes = bytes;
        this.file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        this.start = start;
        this.length = length;
    }

    /**
     * {@return what is packed in it}
     *
     * @throws UserException if it is damaged, or packed in an unknown way
     */
    byte[] unpack() {
        if (length < LEAST_BYTES) {
            throw ElfFile.damaged("its packed part has only " + length + " bytes");
        }
        int size = file.getInt(start + length - SIZE);
        if (size <= 0 || size > KernelImage.MOST_BYTES) {
            throw ElfFile.damaged("it unpacks to " + Integer.toUnsignedLong(size) + " bytes");
        }
        try {
            byte[] unpacked = unpack(size);
            if (unpacked.length != size) {
                throw ElfFile.damaged("it unpacks to " + unpacked.length + " bytes or more instead of " + size);
            }
            return unpacked;
        } catch (UserException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            // The libraries report damage by various exceptions; whatever they are, the file is at fault.
            throw new UserException(
                    "the kernel is damaged: it cannot be unpacked (" + e.getMessage() + "); fetch or build it again",
                    e);
        }
    }

    private byte[] unpack(int size) throws IOException {
        int magic = file.getInt(start);
        if (magic == Lz4.MAGIC) {
            return Lz4.unpack(bytes, start, length - SIZE, size);
        }
        if (magic == ZSTD) {
            return zstd(size);
        }
        try (InputStream unpacked = stream(magic, new ByteArrayInputStream(bytes, start, length))) {
            byte[] content = unpacked.readNBytes(size);
            // What is behind is read for the sake of the checksums, and is to be nothing.
            return unpacked.read() < 0 ? content : new byte[0];
        }
    }

    /**
     * Unpacks a zstd frame (RFC 8878). Linux is packed with a window of 128 MiB, and the library refuses more than 8
     * MiB although it needs no window, as all of the result is in one array. So the frame gets a header that says 8
     * MiB.
     */
    private byte[] zstd(int size) throws IOException {
        byte[] frame = Arrays.copyOfRange(bytes, start - 1, start + length - SIZE);
        int descriptor = frame[1 + SIZE];
        int from = 1;
        if ((descriptor & ZSTD_SINGLE_SEGMENT) == 0) {
            int window = Byte.toUnsignedInt(frame[2 + SIZE]);
            frame[2 + SIZE] = (byte) Math.min(window, ZSTD_MOST_WINDOW);
        } else if (descriptor >>> 6 != 0) {
            // The window is the size of all then, and a byte for another one goes before that.
            System.arraycopy(frame, 1, frame, 0, SIZE);
            frame[SIZE] = (byte) (descriptor & ~ZSTD_SINGLE_SEGMENT);
            frame[1 + SIZE] = ZSTD_MOST_WINDOW;
            from = 0;
        }
        byte[] unpacked = new byte[size];
        int got = new ZstdJavaDecompressor().decompress(frame, from, frame.length - from, unpacked, 0, size);
        if (got != size) {
            throw new IOException("its zstd frame ends early");
        }
        return unpacked;
    }

    private static InputStream stream(int magic, InputStream packed) throws IOException {
        if ((magic & TWO_BYTES) == GZIP) {
            return new GZIPInputStream(packed, 1 << 16);
        }
        if (magic == XZ) {
            return new SingleXZInputStream(packed, MOST_MEMORY);
        }
        if ((magic & THREE_BYTES) == LZMA) {
            return new LZMAInputStream(packed, MOST_MEMORY);
        }
        String how = magic == LZO ? "LZO" : (magic & THREE_BYTES) == BZIP2 ? "bzip2" : "";
        if (!how.isEmpty()) {
            throw new UserException("the kernel is packed with " + how + ", which is not supported; give one that is"
                    + " packed with gzip, LZ4, xz, LZMA or zstd, or its vmlinux");
        }
        throw new UserException("the kernel is packed in an unknown way (it begins with 0x"
                + Integer.toHexString(magic) + "); give one that is packed with gzip, LZ4, xz, LZMA or zstd, or its"
                + " vmlinux");
    }
}
