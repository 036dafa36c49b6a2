package belljar.microvm;

import java.nio.file.Path;

/**
 * A kernel for guests, as it is kept.
 *
 * @param release its release, as {@code uname -r} prints it
 * @param image its bzImage
 * @param modules the directory of its modules, one file {@code NAME.ko} each, and a file {@code order}
 */
public record GuestKernel(String release, Path image, Path modules) {}
