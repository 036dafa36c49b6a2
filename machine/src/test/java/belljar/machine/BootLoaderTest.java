package belljar.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.UserException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class BootLoaderTest {
    private static final int SIZE = 4 << 20;
    private static final Optional<byte[]> INITRD = Optional.of(new byte[] {1, 2, 3});
    private static final long INITRD_AT = SIZE - 4096;

    private final GuestMemory memory = GuestMemory.allocate(SIZE);

    private String text(long at) {
        byte[] bytes = new byte[100];
        memory.read(at, bytes, 0, bytes.length);
        String all = new String(bytes, StandardCharsets.US_ASCII);
        return all.substring(0, all.indexOf('\0'));
    }

    @Test
    void tellsAPvhKernelWhatThereIs() {
        KernelImage kernel = KernelImage.read(Kernels.pvh().array());
        StartState start = BootLoader.load(memory, kernel, INITRD, "console=ttyS0", 0xE_0000);
        long info = start.rbx();
        assertThat(start).isEqualTo(new StartState(Kernels.ENTRY, false, 0, 0, info, 0, GuestLayout.STACK));
        assertThat(memory.getByte(GuestLayout.HIGH + 0x42)).isEqualTo(0x42);
        assertThat(memory.getInt(info)).isEqualTo(0x336e_c578);
        assertThat(memory.getInt(info + 4)).isEqualTo(1);
        assertThat(memory.getInt(info + 12)).isEqualTo(1);
        long module = memory.getLong(info + 16);
        assertThat(memory.getLong(module)).isEqualTo(INITRD_AT);
        assertThat(memory.getLong(module + 8)).isEqualTo(3);
        assertThat(memory.getByte(INITRD_AT + 2)).isEqualTo(3);
        assertThat(text(memory.getLong(info + 24))).isEqualTo("console=ttyS0");
        assertThat(memory.getLong(info + 32)).isEqualTo(0xE_0000);
        long map = memory.getLong(info + 40);
        assertThat(memory.getInt(info + 48)).isEqualTo(3);
        assertThat(memory.getLong(map + 48)).isEqualTo(GuestLayout.HIGH);
        assertThat(memory.getLong(map + 56)).isEqualTo(SIZE - GuestLayout.HIGH);
        assertThat(memory.getInt(map + 64)).isEqualTo(1);
        assertThat(memory.getInt(map + 40)).isEqualTo(2);
    }

    @Test
    void saysThatThereIsNoInitrd() {
        StartState start =
                BootLoader.load(memory, KernelImage.read(Kernels.pvh().array()), Optional.empty(), "", 0);
        assertThat(memory.getInt(start.rbx() + 12)).isZero();
        assertThat(memory.getLong(start.rbx() + 16)).isZero();
        assertThat(text(memory.getLong(start.rbx() + 24))).isEmpty();
    }

    @Test
    void entersALinuxWithoutPvhInLongMode() throws IOException {
        byte[] elf = Kernels.linux().array();
        KernelImage kernel = KernelImage.read(Kernels.bzImage(Kernels.gzip(elf), 4));
        StartState start = BootLoader.load(memory, kernel, INITRD, "quiet", 0xE_0000);
        long page = start.rsi();
        assertThat(start)
                .isEqualTo(new StartState(Kernels.ENTRY, true, GuestLayout.PAGE_TABLES, 0, 0, page, GuestLayout.STACK));
        assertThat(memory.getByte(page + 0x1F1)).isEqualTo(4);
        assertThat(memory.getInt(page + 0x202)).isEqualTo(0x5372_6448);
        assertThat(memory.getInt(page + 0x230)).isEqualTo(0x20_0000);
        assertThat(memory.getByte(page + 0x210)).isEqualTo(0xFF);
        assertThat(memory.getLong(page + 0x70)).isEqualTo(0xE_0000);
        assertThat(memory.getInt(page + 0x218)).isEqualTo((int) INITRD_AT);
        assertThat(memory.getInt(page + 0x21C)).isEqualTo(3);
        assertThat(text(memory.getInt(page + 0x228))).isEqualTo("quiet");
        assertThat(memory.getByte(page + 0x1E8)).isEqualTo(3);
        assertThat(memory.getLong(page + 0x2D0 + 20)).isEqualTo(GuestLayout.ACPI);
        assertThat(memory.getInt(page + 0x2D0 + 36)).isEqualTo(2);
    }

    @Test
    void mapsMemoryToItselfForLongMode() {
        StartState start =
                BootLoader.load(memory, KernelImage.read(Kernels.linux().array()), Optional.empty(), "", 0);
        assertThat(memory.getInt(start.rsi() + 0x230)).isEqualTo(0x100_0000);
        for (long address : new long[] {0, 0x10_0000, 0x4000_0000L, 0xFEE0_0000L, GuestLayout.MAPPED - 1}) {
            long pointer = memory.getLong(start.cr3());
            assertThat(pointer & 0xFFF).isEqualTo(3);
            long directory = memory.getLong((pointer & -4096) + 8 * (address >> 30));
            assertThat(directory & 0xFFF).isEqualTo(3);
            long entry = memory.getLong((directory & -4096) + 8 * (address >> 21 & 511));
            assertThat(entry).isEqualTo(address & -(1L << 21) | 0x83);
        }
    }

    @Test
    void tellsAMultibootKernelWhatThereIs() {
        KernelImage kernel = KernelImage.read(Kernels.multiboot().array());
        StartState start = BootLoader.load(memory, kernel, INITRD, "smp 2", 0xE_0000);
        long info = start.rbx();
        assertThat(start).isEqualTo(new StartState(Kernels.ENTRY, false, 0, 0x2BAD_B002L, info, 0, GuestLayout.STACK));
        assertThat(memory.getInt(info)).isEqualTo(0b10_0100_1101);
        assertThat(memory.getInt(info + 8)).isEqualTo(3 << 10);
        assertThat(text(memory.getInt(info + 16))).isEqualTo("kernel smp 2");
        assertThat(memory.getInt(info + 20)).isEqualTo(1);
        assertThat(memory.getInt(memory.getInt(info + 24))).isEqualTo((int) INITRD_AT);
        assertThat(memory.getInt(memory.getInt(info + 24) + 4)).isEqualTo((int) INITRD_AT + 3);
        assertThat(text(memory.getInt(info + 64))).isEqualTo("Belljar");
        List<Long> pieces = new ArrayList<>();
        long at = memory.getInt(info + 48);
        long end = at + memory.getInt(info + 44);
        while (at < end) {
            pieces.add(memory.getLong(at + 4));
            at += memory.getInt(at) + 4;
        }
        assertThat(at).isEqualTo(end);
        assertThat(pieces).containsExactly(0L, GuestLayout.ACPI, GuestLayout.HIGH);
    }

    @Test
    void placesAMultibootKernelInRealModesMemory() {
        int low = 0x4000;
        StartState start = BootLoader.load(memory, lowKernel(low), Optional.empty(), "x".repeat(2000), 0);
        assertThat(memory.getByte(low + 0xFF)).isEqualTo(0xFF);
        assertThat(start.rbx()).isGreaterThan(GuestLayout.COMMAND_LINE + 2007);
        for (int wrong : new int[] {0, 0x1_F000}) {
            assertThatThrownBy(() -> BootLoader.load(memory, lowKernel(wrong), Optional.empty(), "", 0))
                    .isInstanceOf(UserException.class)
                    .hasMessageContaining("below 1 MiB");
        }
    }

    private static KernelImage lowKernel(int at) {
        return KernelImage.read(Kernels.multiboot()
                .putInt(24, at + 0x40)
                .putInt(60, at)
                .putInt(64, at)
                .array());
    }

    @Test
    void tellsOfMemoryBehindTheGap() {
        // Nothing is touched, so that a piece of address space serves for the memory.
        GuestMemory large = GuestMemory.of(MemorySegment.ofAddress(1 << 20).reinterpret(GuestMemory.LOW_END + 8192));
        List<Long> sizes = new ArrayList<>();
        int entries = BootLoader.memoryMap(large, (index, address, size, type) -> sizes.add(size));
        assertThat(entries).isEqualTo(4);
        assertThat(sizes).endsWith(GuestMemory.LOW_END - GuestLayout.HIGH, 8192L);
    }

    private void refuses(byte[] elf, int initrd, String words, String why) {
        KernelImage kernel = KernelImage.read(elf);
        assertThatThrownBy(() -> BootLoader.load(memory, kernel, Optional.of(new byte[initrd]), words, 0))
                .isInstanceOf(UserException.class)
                .hasMessageContaining(why);
    }

    @Test
    void saysWhatDoesNotFit() {
        byte[] elf = Kernels.pvh().array();
        refuses(elf, 3 << 20, "", "initial RAM disk of 3 MiB do not fit into a memory of 4 MiB");
        refuses(elf, 5 << 20, "", "--memory");
        refuses(elf, 0, "x".repeat(2048), "2047 are the most");
        refuses(elf, 0, "a\0b", "NUL");
        refuses(Kernels.pvh().putLong(104, SIZE).array(), 0, "", "up to 5 MiB, and does not fit into a memory of 4");
        refuses(Kernels.pvh().putLong(88, 0x10_0000 - 0x1000).array(), 0, "", "below 1 MiB");
    }

    @Test
    void takesTheLongestCommandLine() {
        String words = "x".repeat(2047);
        BootLoader.load(memory, KernelImage.read(Kernels.pvh().array()), Optional.empty(), words, 0);
        assertThat(memory.getByte(GuestLayout.COMMAND_LINE + 2046)).isEqualTo('x');
        assertThat(memory.getByte(GuestLayout.COMMAND_LINE + 2047)).isZero();
    }
}
