package belljar.machine;

/**
 * What stands where a PC's firmware begins, FFFF0h: a few instructions in real mode that write to the reset register.
 * Linux on hardware-reduced ACPI without EFI reboots by jumping there.
 */
public final class ResetVector {
    private static final long ADDRESS = 0xF_FFF0;

    private ResetVector() {}

    /**
     * Writes it.
     *
     * @param memory the machine's memory, of 1 MiB or more
     */
    public static void write(GuestMemory memory) {
        int port = GuestLayout.RESET_PORT;
        byte[] code = {
            (byte) 0xBA,
            (byte) port,
            (byte) (port >> 8), // mov dx, port
            (byte) 0xB0,
            1, // mov al, 1
            (byte) 0xEE, // out dx, al
            (byte) 0xF4, // hlt
            (byte) 0xEB,
            (byte) 0xFD // jmp to the hlt
        };
        memory.write(ADDRESS, code);
    }
}
