package belljar.machine;

import io.airlift.compress.v3.lz4.Lz4JavaCompressor;
import io.airlift.compress.v3.zstd.ZstdJavaCompressor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.tukaani.xz.FilterOptions;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.LZMAOutputStream;
import org.tukaani.xz.X86Options;
import org.tukaani.xz.XZ;
import org.tukaani.xz.XZOutputStream;

/** Small kernels of all kinds, which do nothing. */
final class Kernels {
    static final int ENTRY = 0x10_0040;
    static final int VIRTUAL = 0x4000_0000;
    private static final int NOTE = 0x180;
    private static final int SEGMENT = 0x200;

    private Kernels() {}

    /** A 64-bit ELF file with one segment, at 1 MiB, and the note of PVH. */
    static ByteBuffer pvh() {
        ByteBuffer elf = linux();
        elf.putInt(120, 4).putLong(128, NOTE).putLong(152, 20).putLong(160, 20);
        elf.putInt(NOTE, 4).putInt(NOTE + 4, 4).putInt(NOTE + 8, 18);
        elf.put(NOTE + 12, "Xen\0".getBytes(StandardCharsets.US_ASCII)).putInt(NOTE + 16, ENTRY);
        return elf;
    }

    /** The same without the note. */
    static ByteBuffer linux() {
        ByteBuffer elf = ByteBuffer.allocate(0x300).order(ByteOrder.LITTLE_ENDIAN);
        elf.putInt(0, 0x464C457F).put(4, (byte) 2).put(5, (byte) 1);
        elf.putShort(16, (short) 2).putShort(18, (short) 62);
        elf.putLong(24, ENTRY).putLong(32, 64).putShort(54, (short) 56).putShort(56, (short) 2);
        elf.putInt(64, 1).putLong(72, SEGMENT).putLong(80, VIRTUAL).putLong(88, GuestLayout.HIGH);
        elf.putLong(96, 0x100).putLong(104, 0x2000);
        return content(elf);
    }

    /** A 32-bit ELF file with one segment, at 1 MiB, and a Multiboot header. */
    static ByteBuffer multiboot() {
        ByteBuffer elf = ByteBuffer.allocate(0x300).order(ByteOrder.LITTLE_ENDIAN);
        elf.putInt(0, 0x464C457F).put(4, (byte) 1).put(5, (byte) 1);
        elf.putShort(16, (short) 2).putShort(18, (short) 3);
        elf.putInt(24, ENTRY).putInt(28, 52).putShort(42, (short) 32).putShort(44, (short) 1);
        elf.putInt(52, 1).putInt(56, SEGMENT).putInt(60, VIRTUAL).putInt(64, (int) GuestLayout.HIGH);
        elf.putInt(68, 0x100).putInt(72, 0x2000);
        content(elf);
        return elf.putInt(SEGMENT, 0x1BAD_B002).putInt(SEGMENT + 4, 3).putInt(SEGMENT + 8, -(0x1BAD_B002 + 3));
    }

    private static ByteBuffer content(ByteBuffer elf) {
        for (int i = 0; i < 0x100; i++) {
            elf.put(SEGMENT + i, (byte) i);
        }
        return elf;
    }

    static byte[] bzImage(byte[] payload, int sectors) {
        int start = (sectors + 1) * 512;
        ByteBuffer file = ByteBuffer.allocate(start + 0x40 + payload.length).order(ByteOrder.LITTLE_ENDIAN);
        file.put(0x1F1, (byte) sectors).put(0x201, (byte) 0x6A);
        file.putInt(0x202, 0x5372_6448).putShort(0x206, (short) 0x20F).putInt(0x230, 0x20_0000);
        file.putInt(0x248, 0x40).putInt(0x24C, payload.length).put(start + 0x40, payload);
        return file.array();
    }

    static byte[] gzip(byte[] content) throws IOException {
        return pack(content, GZIPOutputStream::new);
    }

    /** Something packed in every way that Linux can be, as its build does that. */
    static Map<String, byte[]> packed(byte[] content) throws IOException {
        Map<String, byte[]> packed = new LinkedHashMap<>();
        packed.put("gzip", gzip(content));
        packed.put("lz4", sized(lz4(content), content));
        LZMA2Options options = new LZMA2Options();
        options.setDictSize(1 << 16);
        FilterOptions[] filters = {new X86Options(), options};
        packed.put("xz", sized(pack(content, out -> new XZOutputStream(out, filters, XZ.CHECK_CRC32)), content));
        packed.put("lzma", sized(pack(content, out -> new LZMAOutputStream(out, options, -1)), content));
        byte[] zstd = new byte[content.length + 1000];
        int length = new ZstdJavaCompressor().compress(content, 0, content.length, zstd, 0, zstd.length);
        packed.put("zstd", sized(Arrays.copyOf(zstd, length), content));
        return packed;
    }

    private interface Packer {
        OutputStream over(OutputStream out) throws IOException;
    }

    private static byte[] pack(byte[] content, Packer packer) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (OutputStream packed = packer.over(out)) {
            packed.write(content);
        }
        return out.toByteArray();
    }

    /** A legacy frame of LZ4 with two blocks. */
    private static byte[] lz4(byte[] content) {
        ByteBuffer frame = ByteBuffer.allocate(content.length + content.length / 200 + 1000)
                .order(ByteOrder.LITTLE_ENDIAN);
        frame.putInt(Lz4.MAGIC);
        int half = content.length / 2;
        block(frame, content, 0, half);
        block(frame, content, half, content.length - half);
        return Arrays.copyOf(frame.array(), frame.position());
    }

    private static void block(ByteBuffer frame, byte[] content, int start, int length) {
        byte[] block = new byte[length + length / 200 + 500];
        int size = new Lz4JavaCompressor().compress(content, start, length, block, 0, block.length);
        frame.putInt(size).put(block, 0, size);
    }

    private static byte[] sized(byte[] packed, byte[] content) {
        ByteBuffer all = ByteBuffer.allocate(packed.length + 4).order(ByteOrder.LITTLE_ENDIAN);
        return all.put(packed).putInt(content.length).array();
    }
}
