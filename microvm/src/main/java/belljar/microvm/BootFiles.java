package belljar.microvm;

import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.image.Progress;
import belljar.machine.KernelImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What a guest is booted from.
 *
 * @param kernel its kernel
 * @param initrd its initial RAM disk; not changed
 */
public record BootFiles(KernelImage kernel, Optional<byte[]> initrd) {
    /** More than any initial RAM disk has, and what fits into an array. */
    private static final long MOST_INITRD = 1L << 30;

    /**
     * Finds them. Where no kernel is given, it is the one that was fetched last; where there is none, the
     * distribution's is fetched. To such a kernel belongs an initial RAM disk of ours, unless there is another.
     *
     * @param kernels the kernels that are kept
     * @param kernel the file of a kernel, if one was given
     * @param initrd the file of an initial RAM disk, if one was given
     * @param progress told how far it is
     * @return what to boot from
     * @throws UserException if a file is none, or not what it should be
     * @throws HostException if something cannot be read, had or kept
     */
    public static BootFiles find(Kernels kernels, Optional<Path> kernel, Optional<Path> initrd, Progress progress) {
        Optional<byte[]> given = initrd.map(BootFiles::read);
        Path unpacked = kernels.directory().resolve(".unpacked");
        if (kernel.isPresent()) {
            return new BootFiles(UnpackedKernels.read(kernel.get(), unpacked), given);
        }
        GuestKernel kept = kernels.newest().orElseGet(() -> kernels.pull(Kernels.PACKAGE, progress));
        KernelImage image = UnpackedKernels.read(kept.image(), unpacked);
        return new BootFiles(
                image, given.isPresent() ? given : Optional.of(DefaultInitrd.make(kernels, kept, progress)));
    }

    private static byte[] read(Path file) {
        try {
            if (!Files.isRegularFile(file)) {
                throw new UserException("there is no file " + file + "; give the path of an initial RAM disk");
            }
            if (Files.size(file) > MOST_INITRD) {
                throw new UserException(file + " is too large for an initial RAM disk, " + Files.size(file)
                        + " bytes; the most is 1 GiB");
            }
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new HostException("cannot read the initial RAM disk " + file + ": " + e, e);
        }
    }
}
