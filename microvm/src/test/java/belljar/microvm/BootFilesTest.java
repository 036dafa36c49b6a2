package belljar.microvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.UserException;
import belljar.image.Progress;
import belljar.machine.KernelImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BootFilesTest {
    @TempDir
    private Path directory;

    /** A bzImage with a small ELF file that has PVH's note. */
    private static byte[] bzImage() throws IOException {
        ByteBuffer elf = ByteBuffer.allocate(0x300).order(ByteOrder.LITTLE_ENDIAN);
        elf.putInt(0, 0x464C_457F).put(4, (byte) 2).put(5, (byte) 1);
        elf.putShort(16, (short) 2).putShort(18, (short) 62);
        elf.putLong(24, 0x10_0000).putLong(32, 64).putShort(54, (short) 56).putShort(56, (short) 2);
        elf.putInt(64, 1)
                .putLong(72, 0x200)
                .putLong(88, 0x10_0000)
                .putLong(96, 0x100)
                .putLong(104, 0x100);
        elf.putInt(120, 4).putLong(128, 0x180).putLong(152, 20).putLong(160, 20);
        elf.putInt(0x180, 4).putInt(0x184, 4).putInt(0x188, 18);
        elf.put(0x18C, "Xen\0".getBytes(StandardCharsets.US_ASCII)).putInt(0x190, 0x10_0000);
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(elf.array());
        }
        byte[] payload = packed.toByteArray();
        ByteBuffer file = ByteBuffer.allocate(0x440 + payload.length).order(ByteOrder.LITTLE_ENDIAN);
        file.put(0x1F1, (byte) 1).put(0x201, (byte) 0x6A);
        file.putInt(0x202, 0x5372_6448).putShort(0x206, (short) 0x20F).putInt(0x230, 0x20_0000);
        file.putInt(0x248, 0x40).putInt(0x24C, payload.length).put(0x440, payload);
        return file.array();
    }

    private static List<Path> in(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.toList();
        }
    }

    @Test
    void keepsAnUnpackedKernelAndUsesItAgain() throws IOException {
        Path file = directory.resolve("vmlinuz");
        Files.write(file, bzImage());
        Path cache = directory.resolve("cache/unpacked");

        KernelImage first = UnpackedKernels.read(file, cache);
        assertThat(in(cache)).hasSize(1);
        KernelImage second = UnpackedKernels.read(file, cache);

        assertThat(in(cache)).hasSize(1);
        assertThat(first.setupHeader()).isPresent();
        assertThat(second.setupHeader()).as("read from the cache").isEmpty();
        assertThat(second.elf()).isEqualTo(first.elf());
        assertThat(second.pvhEntry()).isEqualTo(first.pvhEntry());
    }

    @Test
    void worksWhereNothingCanBeKept() throws IOException {
        Path file = directory.resolve("vmlinuz");
        Files.write(file, bzImage());
        Path obstacle = Files.createFile(directory.resolve("obstacle"));

        assertThat(UnpackedKernels.read(file, obstacle.resolve("unpacked")).pvhEntry())
                .isPresent();
    }

    @Test
    void saysWhatIsWrongWithAFile() throws IOException {
        Kernels kernels = Kernels.open(directory.resolve("root"));
        Path absent = directory.resolve("absent");
        Path text = Files.writeString(directory.resolve("text"), "no kernel");
        Path kernel = directory.resolve("vmlinuz");
        Files.write(kernel, bzImage());

        assertThatThrownBy(() -> find(kernels, absent, Optional.empty()))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("there is no file " + absent);
        assertThatThrownBy(() -> find(kernels, text, Optional.empty())).isInstanceOf(UserException.class);
        assertThatThrownBy(() -> find(kernels, kernel, Optional.of(absent)))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("initial RAM disk");
        assertThatThrownBy(() -> find(kernels, kernel, Optional.of(directory)))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("there is no file " + directory);
    }

    private static BootFiles find(Kernels kernels, Path kernel, Optional<Path> initrd) {
        return BootFiles.find(kernels, Optional.of(kernel), initrd, Progress.NONE);
    }
}
