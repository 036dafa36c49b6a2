package belljar.machine;

import belljar.failure.UserException;
import java.util.Optional;

/**
 * Lays a kernel out in memory by the PVH protocol (Xen's docs/misc/pvh.pandoc and
 * xen/include/public/arch-x86/hvm/start_info.h): the kernel begins in 32-bit mode without paging, and learns from a
 * structure what there is.
 */
public final class PvhBoot {
    private static final long MODULES = GuestLayout.PVH_INFO + 0x40;
    private static final long MEMORY_MAP = GuestLayout.PVH_INFO + 0x80;
    private static final int MAP_ENTRY = 24;
    private static final int MAGIC = 0x336e_c578;
    private static final int VERSION = 1;

    private PvhBoot() {}

    /**
     * Loads a kernel.
     *
     * @param memory the machine's memory, all zero but for the ACPI tables
     * @param kernel the kernel, which has an entry point of this protocol
     * @param initrd its initial RAM disk, if any
     * @param commandLine its command line
     * @param rsdp the address of the ACPI tables' root; 0 for none
     * @return where the first CPU begins
     * @throws UserException if something does not fit
     */
    public static StartState load(
            GuestMemory memory, KernelImage kernel, Optional<byte[]> initrd, String commandLine, long rsdp) {
        if (kernel.pvhEntry().isEmpty()) {
            throw new UserException("the kernel has no PVH entry point; give one that was built with CONFIG_PVH");
        }
        BootLoader.Placed placed = BootLoader.place(memory, kernel, initrd, commandLine);
        if (placed.hasInitrd()) {
            memory.putLong(MODULES, placed.initrdAddress());
            memory.putLong(MODULES + 8, placed.initrdSize());
        }
        int entries = BootLoader.memoryMap(memory, (index, address, size, type) -> {
            long at = MEMORY_MAP + (long) MAP_ENTRY * index;
            memory.putLong(at, address);
            memory.putLong(at + 8, size);
            memory.putInt(at + 16, type);
        });
        long info = GuestLayout.PVH_INFO;
        memory.putInt(info, MAGIC);
        memory.putInt(info + 4, VERSION);
        memory.putInt(info + 12, placed.hasInitrd() ? 1 : 0);
        memory.putLong(info + 16, placed.hasInitrd() ? MODULES : 0);
        memory.putLong(info + 24, GuestLayout.COMMAND_LINE);
        memory.putLong(info + 32, rsdp);
        memory.putLong(info + 40, MEMORY_MAP);
        memory.putInt(info + 48, entries);
        return new StartState(kernel.pvhEntry().getAsLong(), false, 0, 0, info, 0, GuestLayout.STACK);
    }
}
