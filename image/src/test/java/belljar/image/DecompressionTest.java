package belljar.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.UserException;
import io.airlift.compress.v3.zstd.ZstdOutputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

final class DecompressionTest {
    private static final byte[] CONTENT = content();

    private static byte[] content() {
        byte[] content = new byte[300_000];
        Random random = new Random(7);
        for (int i = 0; i < content.length; i++) {
            content[i] = (byte) (random.nextInt(4) == 0 ? random.nextInt(256) : 'a' + i % 7);
        }
        return content;
    }

    private static byte[] compress(String format, byte[] content) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (OutputStream stream = switch (format) {
            case "gzip" -> new GZIPOutputStream(out);
            case "zstd" -> new ZstdOutputStream(out);
            case "xz" -> new XZOutputStream(out, new LZMA2Options(1));
            default -> out;
        }) {
            stream.write(content);
        }
        return out.toByteArray();
    }

    /** Gives few bytes at a time and never says how many are available, as a network does. */
    private static InputStream slow(byte[] bytes) {
        return new ByteArrayInputStream(bytes) {
            @Override
            public int read(byte[] into, int start, int length) {
                return super.read(into, start, Math.min(length, 1009));
            }

            @Override
            public int available() {
                return 0;
            }
        };
    }

    private static byte[] decompress(byte[] bytes) throws IOException {
        try (InputStream in = Decompression.open(slow(bytes))) {
            return in.readAllBytes();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "zstd", "xz", "none"})
    void tellsFormatsByTheirFirstBytes(String format) throws IOException {
        assertThat(decompress(compress(format, CONTENT))).isEqualTo(CONTENT);
        assertThat(decompress(compress(format, new byte[0]))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "zstd", "xz"})
    void readsSeveralMembers(String format) throws IOException {
        ByteArrayOutputStream two = new ByteArrayOutputStream();
        two.writeBytes(compress(format, Arrays.copyOf(CONTENT, 1000)));
        two.writeBytes(compress(format, new byte[0]));
        two.writeBytes(compress(format, Arrays.copyOfRange(CONTENT, 1000, CONTENT.length)));
        assertThat(decompress(two.toByteArray())).isEqualTo(CONTENT);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "zstd", "xz"})
    void refusesDataThatEndsEarly(String format) throws IOException {
        byte[] whole = compress(format, CONTENT);
        for (int length : new int[] {7, 20, whole.length / 2, whole.length - 1}) {
            assertThatThrownBy(() -> decompress(Arrays.copyOf(whole, length)))
                    .isInstanceOf(UserException.class)
                    .hasMessageContaining(format + " data");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "zstd", "xz"})
    void refusesDamagedData(String format) throws IOException {
        byte[] whole = compress(format, CONTENT);
        whole[whole.length / 2] ^= 0x55;
        assertThatThrownBy(() -> decompress(whole)).isInstanceOf(UserException.class);
    }

    @Test
    void gzipMayBePaddedWithZerosButWithNothingElse() throws IOException {
        byte[] gzip = compress("gzip", CONTENT);
        assertThat(decompress(Arrays.copyOf(gzip, gzip.length + 300_000))).isEqualTo(CONTENT);
        byte[] rubbish = Arrays.copyOf(gzip, gzip.length + 4);
        rubbish[gzip.length + 3] = 1;
        assertThatThrownBy(() -> decompress(rubbish)).hasMessageContaining("something else follows it");
        rubbish[gzip.length] = 'x';
        assertThatThrownBy(() -> decompress(rubbish)).hasMessageContaining("something else follows it");
    }

    @Test
    void gzipChecksSumAndSize() throws IOException {
        byte[] gzip = compress("gzip", CONTENT);
        gzip[gzip.length - 8] ^= 1;
        assertThatThrownBy(() -> decompress(gzip)).hasMessageContaining("checksum");
        gzip[gzip.length - 8] ^= 1;
        gzip[gzip.length - 1] ^= 1;
        assertThatThrownBy(() -> decompress(gzip)).hasMessageContaining("size");
    }

    @Test
    void namesTheMendForBzip2() {
        byte[] bzip2 = {'B', 'Z', 'h', '9', 1, 2, 3};
        assertThatThrownBy(() -> decompress(bzip2)).hasMessageContaining("compress it with gzip, zstd or xz");
    }
}
