package belljar.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a 64-bit ELF file needs to start (elf(5)).
 *
 * @param interpreter its program interpreter; empty for a static program or a library
 * @param libraries its DT_NEEDED names
 * @param paths its DT_RUNPATH or DT_RPATH directories
 */
record ElfNeeds(String interpreter, List<String> libraries, List<String> paths) {
    private static final int PT_LOAD = 1;
    private static final int PT_DYNAMIC = 2;
    private static final int PT_INTERP = 3;
    private static final int DT_NEEDED = 1;
    private static final int DT_STRTAB = 5;
    private static final int DT_RPATH = 15;
    private static final int DT_RUNPATH = 29;

    static Optional<ElfNeeds> read(byte[] file) {
        if (file.length < 64 || file[0] != 0x7f || file[1] != 'E' || file[2] != 'L' || file[3] != 'F') {
            return Optional.empty();
        }
        ByteBuffer elf = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        long table = elf.getLong(32);
        int size = elf.getShort(54);
        int count = elf.getShort(56);
        String interpreter = "";
        List<long[]> loads = new ArrayList<>();
        long[] dynamic = {0, 0};
        for (int i = 0; i < count; i++) {
            int at = (int) table + i * size;
            long offset = elf.getLong(at + 8);
            long length = elf.getLong(at + 32);
            switch (elf.getInt(at)) {
                case PT_LOAD -> loads.add(new long[] {elf.getLong(at + 16), offset, length});
                case PT_DYNAMIC -> dynamic = new long[] {offset, length};
                case PT_INTERP -> interpreter = text(file, (int) offset);
                default -> {}
            }
        }
        long strings = 0;
        for (long at = dynamic[0]; at < dynamic[0] + dynamic[1]; at += 16) {
            if (elf.getLong((int) at) == DT_STRTAB) {
                strings = fileOffset(loads, elf.getLong((int) at + 8));
            }
        }
        List<String> libraries = new ArrayList<>();
        List<String> paths = new ArrayList<>();
        for (long at = dynamic[0]; at < dynamic[0] + dynamic[1]; at += 16) {
            long tag = elf.getLong((int) at);
            int value = (int) (strings + elf.getLong((int) at + 8));
            if (tag == DT_NEEDED) {
                libraries.add(text(file, value));
            } else if (tag == DT_RPATH || tag == DT_RUNPATH) {
                paths.addAll(List.of(text(file, value).split(":", -1)));
            } else if (tag == 0) {
                break;
            }
        }
        return Optional.of(new ElfNeeds(interpreter, libraries, paths));
    }

    private static long fileOffset(List<long[]> loads, long address) {
        for (long[] load : loads) {
            if (address >= load[0] && address < load[0] + load[2]) {
                return address - load[0] + load[1];
            }
        }
        return address;
    }

    private static String text(byte[] file, int start) {
        int end = start;
        while (file[end] != 0) {
            end++;
        }
        return new String(file, start, end - start, StandardCharsets.UTF_8);
    }
}
