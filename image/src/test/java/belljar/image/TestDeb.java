package belljar.image;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

/** Makes Debian packages for tests byte by byte, sound ones and others. */
final class TestDeb {
    private final ByteArrayOutputStream data = new ByteArrayOutputStream();
    private final String control;

    TestDeb(String name, String... moreFields) {
        control = "Package: " + name + "\nVersion: 1.0\nArchitecture: all\n"
                + String.join("\n", moreFields)
                + (moreFields.length > 0 ? "\n" : "");
    }

    TestDeb directory(String name) {
        return entry(name, '5', 0755, "", new byte[0]);
    }

    TestDeb file(String name, String content) {
        return entry(name, '0', 0644, "", content.getBytes(StandardCharsets.UTF_8));
    }

    TestDeb program(String name, String content) {
        return entry(name, '0', 0755, "", content.getBytes(StandardCharsets.UTF_8));
    }

    TestDeb link(String name, String target) {
        return entry(name, '2', 0777, target, new byte[0]);
    }

    TestDeb hardLink(String name, String target) {
        return entry(name, '1', 0644, target, new byte[0]);
    }

    TestDeb entry(String name, char type, int mode, String target, byte[] content) {
        data.writeBytes(tarEntry(name, type, mode, target, content));
        return this;
    }

    byte[] dataTar() {
        return data.toByteArray();
    }

    /** A package as dpkg-deb makes it, with the data compressed in the way that the suffix names. */
    byte[] bytes(String suffix) {
        byte[] controlTar = tarEntry("./control", '0', 0644, "", control.getBytes(StandardCharsets.UTF_8));
        return ar(
                member("debian-binary", "2.0\n".getBytes(StandardCharsets.US_ASCII)),
                member("control.tar.gz", compressed(".gz", controlTar)),
                member("data.tar" + suffix, compressed(suffix, data.toByteArray())));
    }

    Path write(Path directory) throws IOException {
        Path file = Files.createTempFile(directory, "test", ".deb");
        return Files.write(file, bytes(".xz"));
    }

    static byte[] compressed(String suffix, byte[] content) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream out = switch (suffix) {
            case ".gz" -> new GZIPOutputStream(bytes);
            case ".xz" -> new XZOutputStream(bytes, new LZMA2Options(0));
            case ".zst" -> new io.airlift.compress.v3.zstd.ZstdOutputStream(bytes);
            default -> bytes;
        }) {
            out.write(content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    static byte[] ar(byte[]... members) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes("!<arch>\n".getBytes(StandardCharsets.US_ASCII));
        for (byte[] member : members) {
            out.writeBytes(member);
        }
        return out.toByteArray();
    }

    static byte[] member(String name, byte[] content) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        String header = padded(name, 16)
                + padded("0", 12)
                + padded("0", 6)
                + padded("0", 6)
                + padded("100644", 8)
                + padded(Integer.toString(content.length), 10)
                + "`\n";
        out.writeBytes(header.getBytes(StandardCharsets.US_ASCII));
        out.writeBytes(content);
        if (content.length % 2 != 0) {
            out.write('\n');
        }
        return out.toByteArray();
    }

    private static String padded(String text, int width) {
        return text + " ".repeat(width - text.length());
    }

    static byte[] tarEntry(String name, char type, int mode, String target, byte[] content) {
        byte[] header = new byte[512];
        put(header, 0, name);
        put(header, 100, octal(mode, 7));
        put(header, 108, octal(0, 7));
        put(header, 116, octal(0, 7));
        put(header, 124, octal(content.length, 11));
        put(header, 136, octal(1_000_000_000, 11));
        header[156] = (byte) type;
        put(header, 157, target);
        put(header, 257, "ustar");
        put(header, 263, "00");
        put(header, 148, "        ");
        int sum = 0;
        for (byte each : header) {
            sum += each & 0xff;
        }
        put(header, 148, octal(sum, 6) + "\0 ");
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(header);
        out.writeBytes(content);
        out.writeBytes(new byte[-content.length & 511]);
        return out.toByteArray();
    }

    private static String octal(int value, int digits) {
        String octal = Integer.toOctalString(value);
        return "0".repeat(digits - octal.length()) + octal;
    }

    private static void put(byte[] header, int offset, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        System.arraycopy(bytes, 0, header, offset, bytes.length);
    }
}
