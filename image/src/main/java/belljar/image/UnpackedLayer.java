package belljar.image;

/**
 * What unpacking a layer found.
 *
 * @param diffId sha256 of the decompressed archive, to be compared with the image's configuration
 * @param archiveBytes size of the decompressed archive
 * @param entries how many entries it had
 * @param skippedDevices how many device nodes were left out, see {@link UnpackOptions.Devices#SKIP}
 * @param skippedXattrs how many extended attributes the file system or the kernel did not accept
 */
public record UnpackedLayer(Digest diffId, long archiveBytes, long entries, long skippedDevices, long skippedXattrs) {}
