package belljar.image;

/**
 * How much one layer may ask for before it is taken for a bomb.
 *
 * @param entries how many entries
 * @param totalBytes how many bytes the decompressed archive may have
 * @param fileBytes how large one file may be after unpacking, holes included, bytes
 * @param pathBytes how long a path may be, bytes; at most the kernel's 4095
 * @param depth how many components a path may have
 */
public record UnpackLimits(long entries, long totalBytes, long fileBytes, int pathBytes, int depth) {
    /** Four million entries, 256 GiB in all and in one file, paths of 4095 bytes and 1000 components. */
    public static final UnpackLimits DEFAULT = new UnpackLimits(4_000_000, 256L << 30, 256L << 30, 4095, 1000);
}
