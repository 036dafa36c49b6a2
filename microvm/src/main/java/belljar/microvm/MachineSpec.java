package belljar.microvm;

import belljar.failure.UserException;
import belljar.machine.KernelImage;
import java.util.List;
import java.util.Optional;

/**
 * What a machine is to be.
 *
 * @param kernel its kernel
 * @param initrd its initial RAM disk, not changed afterwards; empty for none
 * @param commandLine its kernel's command line, at most 2047 bytes
 * @param memory bytes of memory, {@link #LEAST_MEMORY} to {@link #MOST_MEMORY}, a multiple of 1 MiB
 * @param cpus how many CPUs, 1 to {@link #MOST_CPUS}
 * @param engine who executes its instructions
 * @param disks its disks, which the guest sees as {@code /dev/vda} and so on
 * @param taps the host's tap interfaces that are the other ends of its network cards; one that is not there is made,
 *     and goes with the machine
 * @param vsock sockets to the host, if it is to have them
 */
public record MachineSpec(
        KernelImage kernel,
        Optional<byte[]> initrd,
        String commandLine,
        long memory,
        int cpus,
        EngineKind engine,
        List<DiskSpec> disks,
        List<String> taps,
        Optional<VsockSpec> vsock) {
    /** The least memory that any kernel can use, bytes. */
    public static final long LEAST_MEMORY = 2L << 20;

    /** The most memory, bytes: what 40 bits of address reach, which all CPUs here show. */
    public static final long MOST_MEMORY = 1L << 39;

    /** The most CPUs: those of the APIC identifiers that an interrupt of the I/O APIC reaches. */
    public static final int MOST_CPUS = 64;

    /** Checks the ranges, and throws a {@link UserException} where one is left. */
    public MachineSpec {
        disks = List.copyOf(disks);
        taps = List.copyOf(taps);
        check(memory, cpus);
    }

    /**
     * Checks what can be known before a kernel is read.
     *
     * @param memory bytes of memory
     * @param cpus how many CPUs
     * @throws UserException if there can be no such machine
     */
    public static void check(long memory, int cpus) {
        if (memory < LEAST_MEMORY || memory > MOST_MEMORY || memory % (1 << 20) != 0) {
            throw new UserException("a machine cannot have " + memory
                    + " bytes of memory; give --memory whole MiB from 2m to 512g, such as 512m");
        }
        if (cpus < 1 || cpus > MOST_CPUS) {
            throw new UserException("a machine cannot have " + cpus + " CPUs; give --cpus 1 to " + MOST_CPUS);
        }
    }
}
