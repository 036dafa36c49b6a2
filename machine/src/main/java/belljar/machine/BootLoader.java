package belljar.machine;

import belljar.failure.UserException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Does what a PC's firmware and boot loader would: everything before a kernel's first instruction. */
public final class BootLoader {
    private BootLoader() {}

    /**
     * Loads a kernel by the protocol that suits it ({@link KernelImage#protocol}).
     *
     * @param memory the machine's memory, all zero but for the ACPI tables
     * @param kernel the kernel
     * @param initrd its initial RAM disk, if any; to Multiboot it is the one module
     * @param commandLine its command line
     * @param rsdp the address of the ACPI tables' root; 0 for none. Multiboot's kernels search for it.
     * @return where the first CPU begins
     * @throws UserException if something does not fit
     */
    public static StartState load(
            GuestMemory memory, KernelImage kernel, Optional<byte[]> initrd, String commandLine, long rsdp) {
        return switch (kernel.protocol()) {
            case PVH -> PvhBoot.load(memory, kernel, initrd, commandLine, rsdp);
            case LINUX_64 -> LinuxBoot64.load(memory, kernel, initrd, commandLine, rsdp);
            case MULTIBOOT -> Multiboot.load(memory, kernel, initrd, commandLine);
        };
    }

    /**
     * What all protocols place alike.
     *
     * @param memory where it is
     * @param initrdAddress where the initial RAM disk is; 0 if there is none
     * @param initrdSize its bytes
     */
    record Placed(GuestMemory memory, long initrdAddress, int initrdSize) {
        boolean hasInitrd() {
            return initrdAddress != 0;
        }
    }

    /**
     * Places the kernel, its command line and, at the end of low memory, its initial RAM disk.
     *
     * @throws UserException if something does not fit
     */
    static Placed place(GuestMemory memory, KernelImage kernel, Optional<byte[]> initrd, String commandLine) {
        byte[] words = commandLine.getBytes(StandardCharsets.UTF_8);
        if (words.length >= GuestLayout.COMMAND_LINE_SIZE) {
            throw new UserException("the kernel's command line has " + words.length + " bytes, and "
                    + (GuestLayout.COMMAND_LINE_SIZE - 1) + " are the most; make it shorter");
        }
        if (commandLine.indexOf(0) >= 0) {
            throw new UserException("the kernel's command line has a NUL in it, which would end it; leave that out");
        }
        long end = kernel.load(memory);
        long at = 0;
        if (initrd.isPresent()) {
            int size = initrd.get().length;
            at = memory.lowSize() - size & -GuestMemory.PAGE;
            if (at < end) {
                throw new UserException("the kernel, which reaches up to " + KernelImage.mebibytes(end)
                        + " MiB, and the initial RAM disk of " + KernelImage.mebibytes(size)
                        + " MiB do not fit into a memory of " + KernelImage.mebibytes(memory.size())
                        + " MiB; give the machine more with --memory");
            }
            memory.write(at, initrd.get());
            return finish(memory, words, at, size);
        }
        return finish(memory, words, at, 0);
    }

    private static Placed finish(GuestMemory memory, byte[] words, long initrd, int size) {
        memory.write(GuestLayout.COMMAND_LINE, words);
        memory.putByte(GuestLayout.COMMAND_LINE + words.length, 0);
        return new Placed(memory, initrd, size);
    }

    /** Takes the pieces of a memory map. */
    interface MapWriter {
        /** RAM, in each protocol's memory map. */
        int RAM = 1;

        /** Not for use, in each protocol's memory map. */
        int RESERVED = 2;

        /** Writes one of them; the first has the index 0. */
        void entry(int index, long address, long size, int type);
    }

    /**
     * Says what memory there is.
     *
     * @return how many pieces
     */
    static int memoryMap(GuestMemory memory, MapWriter out) {
        out.entry(0, 0, GuestLayout.ACPI, MapWriter.RAM);
        out.entry(1, GuestLayout.ACPI, GuestLayout.HIGH - GuestLayout.ACPI, MapWriter.RESERVED);
        out.entry(2, GuestLayout.HIGH, memory.lowSize() - GuestLayout.HIGH, MapWriter.RAM);
        if (memory.highSize() == 0) {
            return 3;
        }
        out.entry(3, GuestMemory.HIGH_BASE, memory.highSize(), MapWriter.RAM);
        return 4;
    }
}
