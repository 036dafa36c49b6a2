package belljar.linux;

import belljar.linux.SeccompProfile.Action;
import belljar.linux.SeccompProfile.Comparison;
import belljar.linux.SeccompProfile.Condition;

/**
 * Belljar's own seccomp policy: what Docker's default profile allows, less a few calls that Docker's lets through.
 *
 * <p>It is an allowlist written by its holes. The ranges below are the calls that existed when the policy was written;
 * within them everything is allowed but the rows of {@link #REFUSED}, each of which stands there for a reason, and
 * nothing outside them ever is. Stricter than Docker's default (moby's {@code profiles/seccomp}, June 2026):
 *
 * <ul>
 *   <li>x32 is not listed: its calls fail with ENOSYS. Distributions disable it, and it doubles the surface.
 *   <li>{@code socket}: Docker compares 64 bits of a family of which the kernel reads 32, so that a family with any
 *       high bit set passes as "above AF_VSOCK"; here the upper bound is tested too.
 *   <li>{@code ioctl}: TIOCSTI and TIOCLINUX are refused, with which a program types into the terminal it was started
 *       from.
 * </ul>
 *
 * <p>What is refused fails with EPERM; what is newer than the policy with ENOSYS ({@link SeccompProfile}). 32-bit
 * programs can still make any socket through socketcall(2), as under Docker: its arguments are in memory, which a
 * filter cannot read.
 */
public final class SeccompDefault {
    /** Newest call that the policy allows: removexattrat(2) of Linux 6.13, the same number everywhere. */
    private static final int LAST = 466;

    /** Ranges of allowed numbers, first and last; between them are the numbers that the kernel keeps free. */
    private static final int[] RANGES_64 = {0, 335, 424, LAST};

    private static final int[] RANGES_32 = {0, 221, 224, 250, 252, 284, 286, 386, 393, 414, 416, LAST};

    private static final long NEVER = 0;
    private static final long DAC_READ_SEARCH = 1L << 2;
    private static final long SYS_MODULE = 1L << 16;
    private static final long SYS_RAWIO = 1L << 17;
    private static final long SYS_CHROOT = 1L << 18;
    private static final long SYS_PTRACE = 1L << 19;
    private static final long SYS_PACCT = 1L << 20;
    private static final long SYS_ADMIN = 1L << 21;
    private static final long SYS_BOOT = 1L << 22;
    private static final long SYS_NICE = 1L << 23;
    private static final long SYS_TIME = 1L << 25;
    private static final long SYS_TTY_CONFIG = 1L << 26;
    private static final long SYSLOG = 1L << 34;
    private static final long PERFMON = 1L << 38;
    private static final long BPF = 1L << 39;

    private static final int NONE = -1;

    /** Rows of a number for 64-bit programs, one for 32-bit programs, and the capabilities any of which grants it. */
    private static final long[] REFUSED = {
        // Would change or reveal what is mounted, or enter and make namespaces.
        165,
        21,
        SYS_ADMIN, // mount
        NONE,
        22,
        SYS_ADMIN, // umount
        166,
        52,
        SYS_ADMIN, // umount2
        428,
        428,
        SYS_ADMIN, // open_tree
        429,
        429,
        SYS_ADMIN, // move_mount
        430,
        430,
        SYS_ADMIN, // fsopen
        431,
        431,
        SYS_ADMIN, // fsconfig
        432,
        432,
        SYS_ADMIN, // fsmount
        433,
        433,
        SYS_ADMIN, // fspick
        442,
        442,
        SYS_ADMIN, // mount_setattr
        272,
        310,
        SYS_ADMIN, // unshare
        308,
        346,
        SYS_ADMIN, // setns
        155,
        217,
        NEVER, // pivot_root
        161,
        61,
        SYS_CHROOT, // chroot
        // Administer the host: its name, quotas, clocks, accounting, power, swap, modules.
        170,
        74,
        SYS_ADMIN, // sethostname
        171,
        121,
        SYS_ADMIN, // setdomainname
        179,
        131,
        SYS_ADMIN, // quotactl
        443,
        443,
        SYS_ADMIN, // quotactl_fd
        164,
        79,
        SYS_TIME, // settimeofday
        227,
        264,
        SYS_TIME, // clock_settime
        NONE,
        404,
        SYS_TIME, // clock_settime64
        NONE,
        25,
        SYS_TIME, // stime
        163,
        51,
        SYS_PACCT, // acct
        169,
        88,
        SYS_BOOT, // reboot
        246,
        283,
        NEVER, // kexec_load
        320,
        NONE,
        NEVER, // kexec_file_load
        167,
        87,
        NEVER, // swapon
        168,
        115,
        NEVER, // swapoff
        175,
        128,
        SYS_MODULE, // init_module
        176,
        129,
        SYS_MODULE, // delete_module
        313,
        350,
        SYS_MODULE, // finit_module
        153,
        111,
        SYS_TTY_CONFIG, // vhangup
        // Reach memory or hardware below the kernel's protection.
        172,
        110,
        SYS_RAWIO, // iopl
        173,
        101,
        SYS_RAWIO, // ioperm
        NONE,
        113,
        NEVER, // vm86old
        NONE,
        166,
        NEVER, // vm86
        // Look into other processes beyond what ptrace's own rules allow, or compare kernel pointers.
        312,
        349,
        SYS_PTRACE, // kcmp
        438,
        438,
        SYS_PTRACE, // pidfd_getfd
        440,
        440,
        SYS_PTRACE, // process_madvise
        // Watch or reprogram the kernel, or have a long record of holes in it.
        103,
        103,
        SYS_ADMIN | SYSLOG, // syslog
        321,
        357,
        SYS_ADMIN | BPF, // bpf
        298,
        336,
        SYS_ADMIN | PERFMON, // perf_event_open
        300,
        338,
        SYS_ADMIN, // fanotify_init
        212,
        253,
        SYS_ADMIN, // lookup_dcookie
        459,
        459,
        SYS_ADMIN, // lsm_get_self_attr
        460,
        460,
        SYS_ADMIN, // lsm_set_self_attr
        461,
        461,
        SYS_ADMIN, // lsm_list_modules
        323,
        374,
        NEVER, // userfaultfd: widens races in the kernel
        425,
        425,
        NEVER, // io_uring_setup: its requests pass seccomp by
        426,
        426,
        NEVER, // io_uring_enter
        427,
        427,
        NEVER, // io_uring_register
        // Keyrings are not divided by namespaces.
        248,
        286,
        NEVER, // add_key
        249,
        287,
        NEVER, // request_key
        250,
        288,
        NEVER, // keyctl
        // Opens files outside the root by handle.
        304,
        342,
        DAC_READ_SEARCH, // open_by_handle_at
        // Place memory on nodes, the host's to share out.
        237,
        274,
        SYS_NICE, // mbind
        238,
        276,
        SYS_NICE, // set_mempolicy
        239,
        275,
        SYS_NICE, // get_mempolicy
        450,
        450,
        SYS_NICE, // set_mempolicy_home_node
        256,
        294,
        NEVER, // migrate_pages
        279,
        317,
        NEVER, // move_pages
        // Obsolete: no program of today needs them, and nobody looks at their code.
        134,
        86,
        NEVER, // uselib
        136,
        62,
        NEVER, // ustat
        139,
        135,
        NEVER, // sysfs
        156,
        149,
        NEVER, // _sysctl
        174,
        127,
        NEVER, // create_module
        177,
        130,
        NEVER, // get_kernel_syms
        178,
        167,
        NEVER, // query_module
        180,
        169,
        NEVER, // nfsservctl
        181,
        188,
        NEVER, // getpmsg
        182,
        189,
        NEVER, // putpmsg
        183,
        137,
        NEVER, // afs_syscall
        184,
        NONE,
        NEVER, // tuxcall
        185,
        NONE,
        NEVER, // security
        236,
        273,
        NEVER, // vserver
        NONE,
        17,
        NEVER, // break
        NONE,
        18,
        NEVER, // oldstat
        NONE,
        28,
        NEVER, // oldfstat
        NONE,
        31,
        NEVER, // stty
        NONE,
        32,
        NEVER, // gtty
        NONE,
        34,
        NEVER, // nice
        NONE,
        35,
        NEVER, // ftime
        NONE,
        44,
        NEVER, // prof
        NONE,
        48,
        NEVER, // signal
        NONE,
        53,
        NEVER, // lock
        NONE,
        56,
        NEVER, // mpx
        NONE,
        58,
        NEVER, // ulimit
        NONE,
        59,
        NEVER, // oldolduname
        NONE,
        67,
        NEVER, // sigaction
        NONE,
        68,
        NEVER, // sgetmask
        NONE,
        69,
        NEVER, // ssetmask
        NONE,
        72,
        NEVER, // sigsuspend
        NONE,
        73,
        NEVER, // sigpending
        NONE,
        84,
        NEVER, // oldlstat
        NONE,
        89,
        NEVER, // readdir
        NONE,
        98,
        NEVER, // profil
        NONE,
        109,
        NEVER, // olduname
        NONE,
        112,
        NEVER, // idle
        NONE,
        134,
        NEVER, // bdflush
    };

    private static final long AF_ALG = 38;
    private static final long AF_VSOCK = 40;
    private static final long AF_LIMIT = 256;
    private static final long LOW_32 = 0xffffffffL;
    private static final long TIOCSTI = 0x5412;
    private static final long TIOCLINUX = 0x541c;

    /** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET. */
    private static final long CLONE_NAMESPACES = 0x7e020000L;

    /** Linux, Linux with 2.6's version, either with addresses not randomised, and the question which it is. */
    private static final long[] PERSONALITIES = {0, 8, 0x20000, 0x20008, LOW_32};

    private SeccompDefault() {}

    /**
     * {@return the policy for processes that may have some capabilities}
     *
     * @param granted the most that the processes can have, their bounding set
     */
    public static SeccompProfile profile(CapabilitySet granted) {
        SeccompProfile.Builder builder = SeccompProfile.builder(Action.errno(Errno.EPERM));
        add(builder, SyscallAbi.X86_64, RANGES_64, 0, granted);
        add(builder, SyscallAbi.X86, RANGES_32, 1, granted);
        return builder.build();
    }

    private static void add(
            SeccompProfile.Builder builder, SyscallAbi abi, int[] ranges, int column, CapabilitySet granted) {
        boolean[] refused = new boolean[LAST + 1];
        for (int row = 0; row < REFUSED.length; row += 3) {
            int number = (int) REFUSED[row + column];
            if (number >= 0) {
                refused[number] = (granted.bits() & REFUSED[row + 2]) == 0;
            }
        }
        boolean x64 = abi == SyscallAbi.X86_64;
        int socket = x64 ? Nr.SOCKET : 359;
        int personality = x64 ? Nr.PERSONALITY : 136;
        int ioctl = x64 ? Nr.IOCTL : 54;
        int clone = x64 ? Nr.CLONE : 120;
        boolean namespaces = (granted.bits() & SYS_ADMIN) != 0;
        sockets(builder, abi, socket);
        for (long value : PERSONALITIES) {
            builder.rule(abi, personality, Action.ALLOW, new Condition(0, Comparison.EQ, value, 0));
        }
        Action refuse = Action.errno(Errno.EPERM);
        builder.rule(abi, ioctl, refuse, new Condition(1, Comparison.MASKED_EQ, LOW_32, TIOCSTI));
        builder.rule(abi, ioctl, refuse, new Condition(1, Comparison.MASKED_EQ, LOW_32, TIOCLINUX));
        if (!namespaces) {
            builder.rule(abi, clone, Action.ALLOW, new Condition(0, Comparison.MASKED_EQ, CLONE_NAMESPACES, 0));
            // Its flags are in memory, out of a filter's sight; with ENOSYS programs use clone, which can be judged.
            builder.rule(abi, Nr.CLONE3, Action.errno(Errno.ENOSYS));
        }
        // In descending order, so that the builder's table has its full size from the start.
        for (int r = ranges.length - 2; r >= 0; r -= 2) {
            for (int number = ranges[r + 1]; number >= ranges[r]; number--) {
                boolean decided = number == socket || number == personality || !namespaces && number == clone;
                if (!refused[number] && !decided) {
                    builder.rule(abi, number, Action.ALLOW);
                }
            }
        }
    }

    /** All families but the kernel's cryptography, a long record of holes, and VSOCK, which knows no namespaces. */
    private static void sockets(SeccompProfile.Builder builder, SyscallAbi abi, int socket) {
        builder.rule(abi, socket, Action.ALLOW, new Condition(0, Comparison.LT, AF_ALG, 0));
        builder.rule(abi, socket, Action.ALLOW, new Condition(0, Comparison.EQ, AF_ALG + 1, 0));
        builder.rule(
                abi,
                socket,
                Action.ALLOW,
                new Condition(0, Comparison.GT, AF_VSOCK, 0),
                new Condition(0, Comparison.LT, AF_LIMIT, 0));
    }
}
