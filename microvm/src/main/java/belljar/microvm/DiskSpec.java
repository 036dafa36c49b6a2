package belljar.microvm;

import java.nio.file.Path;

/**
 * A disk of a machine.
 *
 * @param file the file that has its blocks, one after the other, from the first one on
 * @param readOnly whether the guest cannot write to it
 */
public record DiskSpec(Path file, boolean readOnly) {}
