package belljar.microvm;

import belljar.failure.BugException;
import belljar.failure.HostException;
import belljar.machine.KernelImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Kernels as they are loaded, by the SHA-256 of the bzImage that each was unpacked from, since unpacking takes longer
 * than all else before a guest's first instruction. Only those that are entered by PVH are kept: the others need a part
 * of the bzImage, too, and are seldom. The directory is a cache; what is in it may be deleted at any time.
 */
final class UnpackedKernels {
    private static final int MOST_BYTES = 1 << 28;

    private UnpackedKernels() {}

    /**
     * Reads a kernel.
     *
     * @param file the kernel's file, packed or not
     * @param cache the directory of unpacked ones; made when needed
     * @return the kernel
     * @throws belljar.failure.UserException if it is no kernel
     * @throws HostException if it cannot be read
     */
    static KernelImage read(Path file, Path cache) {
        try {
            if (!Files.isRegularFile(file) || Files.size(file) > MOST_BYTES) {
                return KernelImage.read(file);
            }
            byte[] content = Files.readAllBytes(file);
            Path kept = cache.resolve(digest(content) + ".elf");
            if (Files.exists(kept)) {
                return KernelImage.read(kept);
            }
            KernelImage kernel = KernelImage.read(content);
            if (kernel.setupHeader().isPresent() && kernel.protocol() == KernelImage.Protocol.PVH) {
                keep(kernel.elf(), kept);
            }
            return kernel;
        } catch (IOException e) {
            throw new HostException("cannot read the kernel " + file + ": " + e, e);
        }
    }

    /** Keeping is a courtesy to the next start: where the directory cannot be written to, this one goes on. */
    private static void keep(byte[] elf, Path kept) {
        try {
            Path directory = kept.toAbsolutePath().getParent();
            if (directory == null) {
                return;
            }
            Files.createDirectories(directory);
            Path draft = Files.createTempFile(directory, ".draft-", "");
            try {
                Files.write(draft, elf);
                Files.move(draft, kept, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(draft);
            }
        } catch (IOException full) {
            return;
        }
    }

    private static String digest(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new BugException("this JDK has no SHA-256, which all have", e);
        }
    }
}
