package belljar.microvm;

import belljar.machine.KernelImage;
import java.util.Optional;

/**
 * What a machine is to be.
 *
 * @param kernel its kernel
 * @param initrd its initial RAM disk, not changed afterwards; empty for none
 * @param commandLine its kernel's command line, at most 2047 bytes
 * @param hardware what it has
 */
public record MachineSpec(KernelImage kernel, Optional<byte[]> initrd, String commandLine, Hardware hardware) {}
