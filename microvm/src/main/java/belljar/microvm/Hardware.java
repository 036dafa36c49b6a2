package belljar.microvm;

import belljar.failure.UserException;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a machine has, whatever runs in it.
 *
 * @param memory bytes of memory, {@link #LEAST_MEMORY} to {@link #MOST_MEMORY}, a multiple of 1 MiB
 * @param cpus how many CPUs, 1 to {@link #MOST_CPUS}
 * @param engine who executes its instructions
 * @param disks its disks, which the guest sees as {@code /dev/vda} and so on
 * @param networks its network cards
 * @param vsock sockets to the host, if it is to have them
 * @param extras what else it has
 */
public record Hardware(
        long memory,
        int cpus,
        EngineKind engine,
        List<DiskSpec> disks,
        List<NetSpec> networks,
        Optional<VsockSpec> vsock,
        Set<Extra> extras) {
    /** Devices that a machine has or has not. */
    public enum Extra {
        /** A balloon, by which the host gets memory back that the guest does not use. */
        BALLOON,
        /** A second console, for guests whose driver is for that of virtio. What is typed goes there. */
        CONSOLE
    }

    /** The least memory that any kernel can use, bytes. */
    public static final long LEAST_MEMORY = 2L << 20;

    /** The most memory, bytes: what 40 bits of address reach, which all CPUs here show. */
    public static final long MOST_MEMORY = 1L << 39;

    /** The most CPUs: those of the APIC identifiers that an interrupt of the I/O APIC reaches. */
    public static final int MOST_CPUS = 64;

    /** Checks the ranges, and throws a {@link UserException} where one is left. */
    public Hardware {
        disks = List.copyOf(disks);
        networks = List.copyOf(networks);
        extras = Set.copyOf(extras);
        check(memory, cpus);
    }

    /**
     * {@return a machine without devices that a guest needs a driver of virtio for, but for the one that gives random
     * numbers}
     *
     * @param memory bytes of memory
     * @param cpus how many CPUs
     * @param engine who executes its instructions
     */
    public static Hardware of(long memory, int cpus, EngineKind engine) {
        return new Hardware(memory, cpus, engine, List.of(), List.of(), Optional.empty(), Set.of());
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

    /** {@return this, all of whose cards have an address, and with files by their absolute paths} */
    Hardware settled() {
        return with(
                disks.stream()
                        .map(disk -> new DiskSpec(disk.file().toAbsolutePath(), disk.readOnly(), disk.limit()))
                        .toList(),
                networks.stream().map(NetSpec::addressed).toList(),
                vsock.map(it -> new VsockSpec(it.cid(), it.path().toAbsolutePath())));
    }

    /**
     * {@return the same with other ends on the host}
     *
     * @param newDisks its disks
     * @param newNetworks its network cards
     * @param newVsock its sockets
     */
    public Hardware with(List<DiskSpec> newDisks, List<NetSpec> newNetworks, Optional<VsockSpec> newVsock) {
        return new Hardware(memory, cpus, engine, newDisks, newNetworks, newVsock, extras);
    }
}
