package belljar.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.UserException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class KernelImageTest {
    private static void refuses(byte[] content, String why) {
        assertThatThrownBy(() -> KernelImage.read(content))
                .isInstanceOf(UserException.class)
                .hasMessageContaining(why)
                .hasMessageNotContainingAny("null", "\n");
    }

    @Test
    void knowsHowEachKindIsEntered() {
        KernelImage pvh = KernelImage.read(Kernels.pvh().array());
        assertThat(pvh.protocol()).isEqualTo(KernelImage.Protocol.PVH);
        assertThat(pvh.pvhEntry()).hasValue(Kernels.ENTRY);
        assertThat(pvh.setupHeader()).isEmpty();
        assertThat(pvh.segments()).containsExactly(new KernelImage.Segment(GuestLayout.HIGH, 0x200, 0x100, 0x2000));
        KernelImage linux = KernelImage.read(Kernels.linux().array());
        assertThat(linux.protocol()).isEqualTo(KernelImage.Protocol.LINUX_64);
        assertThat(linux.pvhEntry()).isEmpty();
        assertThat(linux.entry()).isEqualTo(Kernels.ENTRY);
        KernelImage multiboot = KernelImage.read(Kernels.multiboot().array());
        assertThat(multiboot.protocol()).isEqualTo(KernelImage.Protocol.MULTIBOOT);
        assertThat(multiboot.entry()).isEqualTo(Kernels.ENTRY);
    }

    @Test
    void takesAVirtualEntryPointToWhereItIsLoaded() {
        byte[] linux = Kernels.linux().putLong(24, Kernels.VIRTUAL + 0x80).array();
        assertThat(KernelImage.read(linux).entry()).isEqualTo(GuestLayout.HIGH + 0x80);
        byte[] multiboot =
                Kernels.multiboot().putInt(24, Kernels.VIRTUAL + 0x80).array();
        assertThat(KernelImage.read(multiboot).entry()).isEqualTo(GuestLayout.HIGH + 0x80);
    }

    @Test
    void unpacksWhatIsPackedInAnyKnownWay() throws IOException {
        byte[] elf = Kernels.pvh().array();
        for (Map.Entry<String, byte[]> packed : Kernels.packed(elf).entrySet()) {
            for (int sectors : new int[] {4, 27}) {
                KernelImage kernel = KernelImage.read(Kernels.bzImage(packed.getValue(), sectors));
                assertThat(kernel.elf()).as(packed.getKey()).isEqualTo(elf);
                assertThat(kernel.pvhEntry()).hasValue(Kernels.ENTRY);
                byte[] header = kernel.setupHeader().orElseThrow();
                assertThat(header).hasSize(0x202 + 0x6A - 0x1F1);
                assertThat(header[0]).isEqualTo((byte) sectors);
            }
        }
    }

    @Test
    void unpacksWhatIsBehindTheElfFileToo() throws IOException {
        // Linux appends its relocations.
        byte[] more = Arrays.copyOf(Kernels.pvh().array(), 9_000_000);
        for (int i = 0x300; i < more.length; i++) {
            more[i] = (byte) (i >> 5);
        }
        for (byte[] packed : Kernels.packed(more).values()) {
            assertThat(KernelImage.read(Kernels.bzImage(packed, 4)).elf()).isEqualTo(more);
        }
    }

    @Test
    void unpacksAZstdFrameWithALargeWindow() {
        byte[] elf = Kernels.pvh().array();
        ByteBuffer frame = ByteBuffer.allocate(elf.length + 13).order(ByteOrder.LITTLE_ENDIAN);
        // No size, a window of 128 MiB, and one raw block, the last.
        frame.putInt(0xFD2F_B528).put((byte) 0).put((byte) (17 << 3));
        frame.putShort((short) (elf.length << 3 | 1))
                .put((byte) (elf.length >> 13))
                .put(elf);
        byte[] payload = frame.putInt(elf.length).array();
        assertThat(KernelImage.read(Kernels.bzImage(payload, 4)).elf()).isEqualTo(elf);
    }

    @Test
    void repeatsWhatAnLz4MatchRefersTo() throws IOException {
        // Three literals, then a match of 10 bytes from 2 bytes back.
        byte[] block = {0x36, 'a', 'b', 'c', 2, 0};
        ByteBuffer frame = ByteBuffer.allocate(8 + block.length).order(ByteOrder.LITTLE_ENDIAN);
        frame.putInt(Lz4.MAGIC).putInt(block.length).put(block);
        byte[] unpacked = Lz4.unpack(frame.array(), 0, frame.capacity(), 13);
        assertThat(new String(unpacked, StandardCharsets.US_ASCII)).isEqualTo("abcbcbcbcbcbc");
        for (int wrong : new int[] {12, 14}) {
            assertThatThrownBy(() -> Lz4.unpack(frame.array(), 0, frame.capacity(), wrong))
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void refusesWhatIsNoKernel() throws IOException {
        for (byte[] content :
                new byte[][] {{}, new byte[100], "#!/bin/sh\n".repeat(100).getBytes(StandardCharsets.UTF_8)}) {
            refuses(content, "no kernel for x86-64");
        }
        refuses(Kernels.pvh().putShort(18, (short) 183).array(), "no kernel for x86-64");
        refuses(Kernels.multiboot().putInt(0x200, 0).array(), "neither a Multiboot header nor a PVH entry");
        refuses(
                Kernels.multiboot()
                        .putInt(0x204, 7)
                        .putInt(0x208, -(0x1BAD_B002 + 7))
                        .array(),
                "flags 0x7");
        byte[] old = Kernels.bzImage(Kernels.gzip(Kernels.pvh().array()), 4);
        old[0x206] = 7;
        old[0x207] = 2;
        refuses(old, "older than Linux 2.6.26");
    }

    @Test
    void refusesWaysOfPackingThatItDoesNotKnow() {
        byte[] payload = new byte[1000];
        payload[996] = 1;
        System.arraycopy(new byte[] {'B', 'Z', 'h', '9'}, 0, payload, 0, 4);
        refuses(Kernels.bzImage(payload, 4), "packed with bzip2, which is not supported");
        System.arraycopy(new byte[] {(byte) 0x89, 'L', 'Z', 'O'}, 0, payload, 0, 4);
        refuses(Kernels.bzImage(payload, 4), "packed with LZO, which is not supported");
        System.arraycopy(new byte[] {1, 2, 3, 4}, 0, payload, 0, 4);
        refuses(Kernels.bzImage(payload, 4), "begins with 0x4030201");
    }

    @Test
    void refusesDamageBySayingWhatItIs() throws IOException {
        byte[] image = Kernels.bzImage(Kernels.gzip(Kernels.pvh().array()), 4);
        refuses(Arrays.copyOf(image, 2700), "cut off");
        refuses(Kernels.pvh().putShort(56, (short) 1000).array(), "program headers");
        refuses(Kernels.pvh().putLong(32, Long.MAX_VALUE).array(), "program headers");
        refuses(Kernels.pvh().putLong(72, 0x280).array(), "outside the file");
        refuses(Kernels.pvh().putLong(96, -1).array(), "outside the file");
        refuses(Kernels.pvh().putLong(88, -4096).array(), "makes no sense");
        refuses(Kernels.pvh().putLong(104, 1L << 40).array(), "makes no sense");
        refuses(Kernels.pvh().putInt(64, 0).array(), "nothing in it is to be loaded");
        refuses(Kernels.pvh().putInt(0x190, 0x7000).array(), "it begins at 0x7000");
        byte[] twice = Kernels.linux()
                .putInt(120, 1)
                .putLong(128, 0x200)
                .putLong(144, GuestLayout.HIGH + 0x1FFF)
                .putLong(152, 0x100)
                .putLong(160, 0x100)
                .array();
        refuses(twice, "overlap");
    }

    @Test
    void refusesASizeThatIsNotWhatItUnpacksTo() throws IOException {
        byte[] elf = Kernels.pvh().array();
        for (byte[] packed : Kernels.packed(elf).values()) {
            for (int size : new int[] {0, -1, 1, elf.length - 1, elf.length + 1, 1 << 29}) {
                ByteBuffer.wrap(packed).order(ByteOrder.LITTLE_ENDIAN).putInt(packed.length - 4, size);
                refuses(Kernels.bzImage(packed, 4), "the kernel is damaged");
            }
        }
    }

    @Test
    void survivesDamage() throws IOException {
        byte[] elf = Kernels.pvh().array();
        int refused = 0;
        for (byte[] packed : Kernels.packed(elf).values()) {
            refused += damage(Kernels.bzImage(packed, 4), 0, 2000);
            // Once more with all of the damage in the packed part.
            refused += damage(Kernels.bzImage(packed, 4), 5 * 512 + 0x40, 2000);
        }
        for (byte[] whole :
                new byte[][] {elf, Kernels.linux().array(), Kernels.multiboot().array()}) {
            refused += damage(whole, 0, 3000);
        }
        assertThat(refused).isGreaterThan(8000);
    }

    /** {@return how many of some damaged copies were refused} Nothing but a refusal may come of one. */
    private static int damage(byte[] whole, int from, int times) {
        Random random = new Random(7);
        GuestMemory memory = GuestMemory.allocate(4 << 20);
        int refused = 0;
        for (int i = 0; i < times; i++) {
            byte[] content = whole.clone();
            for (int j = random.nextInt(4); j >= 0; j--) {
                int at = from + random.nextInt(content.length - from);
                content[at] = (byte) (random.nextBoolean() ? random.nextInt() : content[at] ^ 1 << random.nextInt(8));
            }
            byte[] damaged = random.nextInt(5) == 0 ? Arrays.copyOf(content, random.nextInt(content.length)) : content;
            try {
                BootLoader.load(memory, KernelImage.read(damaged), Optional.empty(), "", 0);
            } catch (UserException clear) {
                assertThat(clear.getMessage()).isNotEmpty();
                refused++;
            }
        }
        return refused;
    }

    @Test
    void readsAFile(@TempDir Path directory) throws IOException {
        Path path = directory.resolve("vmlinux");
        assertThatThrownBy(() -> KernelImage.read(path))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("no file " + path);
        assertThatThrownBy(() -> KernelImage.read(directory)).isInstanceOf(UserException.class);
        Files.write(path, Kernels.pvh().array());
        assertThat(KernelImage.read(path).pvhEntry()).hasValue(Kernels.ENTRY);
    }
}
