package belljar.machine;

/** Where things lie in a machine's physical memory before its first instruction, lowest first. */
public final class GuestLayout {
    /** What PVH's information is laid out in, a page. */
    public static final long PVH_INFO = 0x6000;

    /** The zero page of the 64-bit Linux protocol. */
    public static final long ZERO_PAGE = 0x7000;

    /** The top of the first stack. */
    public static final long STACK = 0x8ff0;

    /** Six pages of tables that map the first {@link #MAPPED} bytes to themselves. */
    public static final long PAGE_TABLES = 0x9000;

    /** What the page tables map: 4 GiB. */
    public static final long MAPPED = 1L << 32;

    /** The command line. */
    public static final long COMMAND_LINE = 0x2_0000;

    /** Bytes of the command line at most, its end included; Linux takes no more than this. */
    public static final int COMMAND_LINE_SIZE = 2048;

    /** What Multiboot's information is laid out in, a page; its kernels may have what is below the command line. */
    public static final long MULTIBOOT_INFO = 0x2_1000;

    /** From here to {@link #HIGH} nothing is the guest's. */
    public static final long ACPI = 0x9_fc00;

    /** The root of the ACPI tables, in the range in which a guest without a hint searches; the others follow it. */
    public static final long RSDP = 0xe_0000;

    /** Where memory goes on, and kernels may lie. */
    public static final long HIGH = 0x10_0000;

    /** The registers of the I/O APIC. */
    public static final long IO_APIC = 0xfec0_0000L;

    /** The registers of each CPU's local APIC. */
    public static final long LOCAL_APIC = 0xfee0_0000L;

    /** The port of ACPI's sleep control register. */
    public static final int SLEEP_CONTROL_PORT = 0x600;

    /** The port of ACPI's sleep status register. */
    public static final int SLEEP_STATUS_PORT = 0x601;

    /** The port of ACPI's reset register. */
    public static final int RESET_PORT = 0x602;

    /** The first port of the first serial line. */
    public static final int SERIAL_PORT = 0x3f8;

    /** The interrupt of the first serial line. */
    public static final int SERIAL_INTERRUPT = 4;

    private GuestLayout() {}
}
