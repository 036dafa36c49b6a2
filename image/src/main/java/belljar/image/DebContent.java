package belljar.image;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** The bytes of a regular file in a tree under construction. */
interface DebContent {
    /** {@return the length in bytes} */
    long size();

    /**
     * {@return a fresh stream of the bytes}
     *
     * @throws IOException if they cannot be read
     */
    InputStream open() throws IOException;

    /**
     * {@return content that is text, held in memory}
     *
     * @param text the characters, written as UTF-8
     */
    static DebContent of(String text) {
        return of(text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * {@return content held in memory}
     *
     * @param bytes the bytes; not copied
     */
    static DebContent of(byte[] bytes) {
        return new DebContent() {
            @Override
            public long size() {
                return bytes.length;
            }

            @Override
            public InputStream open() {
                return new ByteArrayInputStream(bytes);
            }
        };
    }

    /**
     * {@return whether two contents have the same bytes}
     *
     * @param a one
     * @param b the other
     * @throws IOException if one cannot be read
     */
    static boolean same(DebContent a, DebContent b) throws IOException {
        if (a.size() != b.size()) {
            return false;
        }
        try (InputStream left = a.open();
                InputStream right = b.open()) {
            byte[] one = left.readNBytes(8192);
            while (one.length > 0) {
                if (!java.util.Arrays.equals(one, right.readNBytes(8192))) {
                    return false;
                }
                one = left.readNBytes(8192);
            }
            return true;
        }
    }
}
