package belljar.image;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.GZIPOutputStream;

/** Small real layers. */
final class LayerSample {
    private LayerSample() {}

    /** {@return an archive of files} Each argument is a path, an equals sign and the content. */
    static byte[] tar(String... files) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        TarWriter tar = TarWriter.to(out);
        for (String file : files) {
            int equals = file.indexOf('=');
            byte[] content = file.substring(equals + 1).getBytes(StandardCharsets.UTF_8);
            tar.put(TarEntry.file(file.substring(0, equals), 0644, content.length));
            tar.write(content, 0, content.length);
        }
        tar.finish();
        return out.toByteArray();
    }

    /** {@return an archive of one directory} */
    static byte[] directory(String name, int mode) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        TarWriter tar = TarWriter.to(out);
        tar.put(TarEntry.directory(name, mode));
        tar.finish();
        return out.toByteArray();
    }

    static byte[] gzip(byte[] content) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }
}
