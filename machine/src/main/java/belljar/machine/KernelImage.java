package belljar.machine;

import belljar.failure.HostException;
import belljar.failure.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A kernel as it is loaded: the segments of its ELF file (elf(5)), and where it begins. It comes as such a file (a
 * Linux vmlinux, or a 32-bit kernel for Multiboot) or as a Linux bzImage, which is unpacked here, so that the guest
 * need not do it. Immutable.
 */
public final class KernelImage {
    /** How a kernel is entered. */
    public enum Protocol {
        /** Xen's docs/misc/pvh.pandoc: 32-bit mode without paging. */
        PVH,
        /** Linux' Documentation/arch/x86/boot.rst, "64-bit Boot Protocol". */
        LINUX_64,
        /** The Multiboot Specification 0.6.96: 32-bit mode without paging. */
        MULTIBOOT
    }

    /**
     * A part of a kernel.
     *
     * @param address its physical address
     * @param offset where it begins in the ELF file
     * @param length bytes in the file
     * @param size bytes in memory, {@code length} or more; the rest is zero
     */
    public record Segment(long address, int offset, int length, long size) {
        long end() {
            return address + size;
        }
    }

    /** Larger than any kernel; what is larger is a mistake, such as a disk. */
    static final int MOST_BYTES = 1 << 28;

    private final byte[] file;
    private final ElfFile elf;
    private final Optional<byte[]> setupHeader;

    private KernelImage(byte[] file, Optional<byte[]> setupHeader) {
        this.file = file;
        this.elf = ElfFile.parse(file);
        this.setupHeader = setupHeader;
    }

    /**
     * Reads a kernel.
     *
     * @param content a bzImage, an ELF file of 64 bits, or one of 32 bits with a Multiboot header; not changed
     *     afterwards
     * @return the kernel
     * @throws UserException if it is none of these, is damaged, or is packed in a way that is not known here
     */
    public static KernelImage read(byte[] content) {
        if (BzImage.isOne(content)) {
            BzImage image = new BzImage(content);
            return new KernelImage(image.unpack(), Optional.of(image.setupHeader()));
        }
        return new KernelImage(content, Optional.empty());
    }

    /**
     * Reads a kernel from a file.
     *
     * @param path the file
     * @return the kernel
     * @throws UserException if there is no such file, or {@link #read(byte[])} throws it
     * @throws HostException if it cannot be read
     */
    public static KernelImage read(Path path) {
        try {
            if (!Files.isRegularFile(path)) {
                throw new UserException("there is no file " + path + "; give the path of a kernel");
            }
            if (Files.size(path) > MOST_BYTES) {
                throw new UserException(
                        path + " is too large for a kernel, " + Files.size(path) + " bytes; give the path of a kernel");
            }
            return read(Files.readAllBytes(path));
        } catch (NoSuchFileException e) {
            throw new UserException("there is no file " + path + "; give the path of a kernel", e);
        } catch (IOException e) {
            throw new HostException("cannot read the kernel " + path + ": " + e.getMessage(), e);
        }
    }

    /** {@return the parts of it that are loaded, by ascending address; they do not overlap} */
    public List<Segment> segments() {
        return elf.segments();
    }

    /** {@return the physical address at which its ELF file says it begins} */
    public long entry() {
        return elf.entry();
    }

    /** {@return the physical address at which it begins by the PVH protocol, if it knows that} */
    public OptionalLong pvhEntry() {
        return elf.pvhEntry();
    }

    /** {@return how it is entered: by PVH if it can be} */
    public Protocol protocol() {
        if (elf.pvhEntry().isPresent()) {
            return Protocol.PVH;
        }
        return elf.multiboot() ? Protocol.MULTIBOOT : Protocol.LINUX_64;
    }

    /**
     * {@return a copy of the setup header, if it was a bzImage} Its first byte is that at offset 0x1F1 of the file, and
     * of the zero page.
     */
    public Optional<byte[]> setupHeader() {
        return setupHeader.map(byte[]::clone);
    }

    /** {@return a copy of the ELF file, unpacked} */
    public byte[] elf() {
        return file.clone();
    }

    /**
     * Copies the kernel into memory, which is all zero where it comes to lie.
     *
     * @return the first address behind it
     * @throws UserException if it does not fit
     */
    long load(GuestMemory memory) {
        long end = 0;
        for (Segment segment : segments()) {
            if (segment.address < GuestLayout.HIGH && !fitsLow(segment)) {
                throw new UserException("the kernel wants to be loaded at 0x" + Long.toHexString(segment.address)
                        + ", and nothing can be there below 1 MiB; link it for a higher address");
            }
            if (segment.end() > memory.lowSize()) {
                throw new UserException("the kernel reaches up to " + mebibytes(segment.end())
                        + " MiB, and does not fit into a memory of " + mebibytes(memory.size())
                        + " MiB; give the machine more with --memory");
            }
            end = segment.end();
        }
        for (Segment segment : segments()) {
            memory.write(segment.address, file, segment.offset, segment.length);
        }
        return end;
    }

    /** Multiboot's kernels may begin in real mode's memory: below the command line nothing is laid out for them. */
    private boolean fitsLow(Segment segment) {
        return protocol() == Protocol.MULTIBOOT
                && segment.address >= GuestMemory.PAGE
                && segment.end() <= GuestLayout.COMMAND_LINE;
    }

    /** {@return bytes in units of 1 MiB, rounded up} */
    static long mebibytes(long bytes) {
        return bytes + 0xF_FFFF >> 20;
    }
}
