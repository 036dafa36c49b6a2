package belljar.machine;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Unpacks the legacy frames of LZ4 (the format's documents lz4_Frame_format.md and lz4_Block_format.md). */
final class Lz4 {
    static final int MAGIC = 0x184C_2102;

    private static final int NUMBER = 4;
    private static final int LEAST_MATCH = 4;
    private static final int MORE = 255;

    private final byte[] in;
    private final byte[] out;
    private int at;
    private int filled;

    private Lz4(byte[] in, int at, int size) {
        this.in = in;
        this.at = at;
        this.out = new byte[size];
    }

    /**
     * Unpacks a frame.
     *
     * @param content holds it
     * @param start where it begins
     * @param length its bytes
     * @param size bytes of what is packed in it
     * @return as many bytes
     * @throws IOException if it is damaged or unpacks to another size
     */
    static byte[] unpack(byte[] content, int start, int length, int size) throws IOException {
        Lz4 lz4 = new Lz4(content, start + NUMBER, size);
        int end = start + length;
        ByteBuffer numbers = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
        while (end - lz4.at >= NUMBER) {
            int block = numbers.getInt(lz4.at);
            lz4.at += NUMBER;
            if (block == MAGIC) {
                continue;
            }
            if (block <= 0 || block > end - lz4.at) {
                throw new IOException("a block of its LZ4 frame is not in the file");
            }
            lz4.block(lz4.at + block);
        }
        if (lz4.filled != size || lz4.at != end) {
            throw new IOException("its LZ4 frame ends early");
        }
        return lz4.out;
    }

    private void block(int end) throws IOException {
        int first = filled;
        while (at < end) {
            int token = in[at++] & 0xFF;
            literals(length(token >> 4, end), end);
            if (at == end) {
                return;
            }
            if (end - at < 2) {
                throw new IOException("a block of its LZ4 frame ends early");
            }
            int distance = in[at] & 0xFF | (in[at + 1] & 0xFF) << 8;
            at += 2;
            if (distance == 0 || distance > filled - first) {
                throw new IOException("a match of its LZ4 frame lies before its block");
            }
            match(distance, length(token & 15, end) + LEAST_MATCH);
        }
    }

    private int length(int start, int end) throws IOException {
        int length = start;
        if (start == 15) {
            int more;
            do {
                if (at >= end || length > out.length) {
                    throw new IOException("a length of its LZ4 frame is too large");
                }
                more = in[at++] & 0xFF;
                length += more;
            } while (more == MORE);
        }
        return length;
    }

    private void literals(int length, int end) throws IOException {
        if (length > end - at) {
            throw new IOException("literals of its LZ4 frame go beyond their block");
        }
        room(length);
        System.arraycopy(in, at, out, filled, length);
        at += length;
        filled += length;
    }

    private void match(int distance, int length) throws IOException {
        room(length);
        if (distance >= length) {
            System.arraycopy(out, filled - distance, out, filled, length);
            filled += length;
            return;
        }
        // A match may overlap what it makes, and repeats it then.
        for (int i = 0; i < length; i++) {
            out[filled] = out[filled - distance];
            filled++;
        }
    }

    private void room(int more) throws IOException {
        if (more > out.length - filled) {
            throw new IOException("its LZ4 frame unpacks to more than it says");
        }
    }
}
