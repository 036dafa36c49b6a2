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

    private static final long CAPABILITIES = (1L << 41) - 1;
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

    /** The number of a call that one of the interfaces does not have. */
    private static final int NONE = 0x7ff;

    /** The calls that are refused, unless a capability grants them. */
    private static final long[] REFUSED = {
        // Would change or reveal what is mounted, or enter and make namespaces.
        row(165, 21, SYS_ADMIN), // mount
        row(NONE, 22, SYS_ADMIN), // umount
        row(166, 52, SYS_ADMIN), // umount2
        row(428, 428, SYS_ADMIN), // open_tree
        row(429, 429, SYS_ADMIN), // move_mount
        row(430, 430, SYS_ADMIN), // fsopen
        row(431, 431, SYS_ADMIN), // fsconfig
        row(432, 432, SYS_ADMIN), // fsmount
        row(433, 433, SYS_ADMIN), // fspick
        row(442, 442, SYS_ADMIN), // mount_setattr
        row(272, 310, SYS_ADMIN), // unshare
        row(308, 346, SYS_ADMIN), // setns
        row(155, 217, NEVER), // pivot_root
        row(161, 61, SYS_CHROOT), // chroot
        // Administer the host: its name, quotas, clocks, accounting, power, swap, modules.
        row(170, 74, SYS_ADMIN), // sethostname
        row(171, 121, SYS_ADMIN), // setdomainname
        row(179, 131, SYS_ADMIN), // quotactl
        row(443, 443, SYS_ADMIN), // quotactl_fd
        row(164, 79, SYS_TIME), // settimeofday
        row(227, 264, SYS_TIME), // clock_settime
        row(NONE, 404, SYS_TIME), // clock_settime64
        row(NONE, 25, SYS_TIME), // stime
        row(163, 51, SYS_PACCT), // acct
        row(169, 88, SYS_BOOT), // reboot
        row(246, 283, NEVER), // kexec_load
        row(320, NONE, NEVER), // kexec_file_load
        row(167, 87, NEVER), // swapon
        row(168, 115, NEVER), // swapoff
        row(175, 128, SYS_MODULE), // init_module
        row(176, 129, SYS_MODULE), // delete_module
        row(313, 350, SYS_MODULE), // finit_module
        row(153, 111, SYS_TTY_CONFIG), // vhangup
        // Reach memory or hardware below the kernel's protection.
        row(172, 110, SYS_RAWIO), // iopl
        row(173, 101, SYS_RAWIO), // ioperm
        row(NONE, 113, NEVER), // vm86old
        row(NONE, 166, NEVER), // vm86
        // Look into other processes beyond what ptrace's own rules allow, or compare kernel pointers.
        row(312, 349, SYS_PTRACE), // kcmp
        row(438, 438, SYS_PTRACE), // pidfd_getfd
        row(440, 440, SYS_PTRACE), // process_madvise
        // Watch or reprogram the kernel, or have a long record of holes in it.
        row(103, 103, SYS_ADMIN | SYSLOG), // syslog
        row(321, 357, SYS_ADMIN | BPF), // bpf
        row(298, 336, SYS_ADMIN | PERFMON), // perf_event_open
        row(300, 338, SYS_ADMIN), // fanotify_init
        row(212, 253, SYS_ADMIN), // lookup_dcookie
        row(459, 459, SYS_ADMIN), // lsm_get_self_attr
        row(460, 460, SYS_ADMIN), // lsm_set_self_attr
        row(461, 461, SYS_ADMIN), // lsm_list_modules
        row(323, 374, NEVER), // userfaultfd: widens races in the kernel
        row(425, 425, NEVER), // io_uring_setup: its requests pass seccomp by
        row(426, 426, NEVER), // io_uring_enter
        row(427, 427, NEVER), // io_uring_register
        // Keyrings are not divided by namespaces.
        row(248, 286, NEVER), // add_key
        row(249, 287, NEVER), // request_key
        row(250, 288, NEVER), // keyctl
        // Opens files outside the root by handle.
        row(304, 342, DAC_READ_SEARCH), // open_by_handle_at
        // Place memory on nodes, the host's to share out.
        row(237, 274, SYS_NICE), // mbind
        row(238, 276, SYS_NICE), // set_mempolicy
        row(239, 275, SYS_NICE), // get_mempolicy
        row(450, 450, SYS_NICE), // set_mempolicy_home_node
        row(256, 294, NEVER), // migrate_pages
        row(279, 317, NEVER), // move_pages
        // Obsolete: no program of today needs them, and nobody looks at their code.
        row(134, 86, NEVER), // uselib
        row(136, 62, NEVER), // ustat
        row(139, 135, NEVER), // sysfs
        row(156, 149, NEVER), // _sysctl
        row(174, 127, NEVER), // create_module
        row(177, 130, NEVER), // get_kernel_syms
        row(178, 167, NEVER), // query_module
        row(180, 169, NEVER), // nfsservctl
        row(181, 188, NEVER), // getpmsg
        row(182, 189, NEVER), // putpmsg
        row(183, 137, NEVER), // afs_syscall
        row(184, NONE, NEVER), // tuxcall
        row(185, NONE, NEVER), // security
        row(236, 273, NEVER), // vserver
        row(NONE, 17, NEVER), // break
        row(NONE, 18, NEVER), // oldstat
        row(NONE, 28, NEVER), // oldfstat
        row(NONE, 31, NEVER), // stty
        row(NONE, 32, NEVER), // gtty
        row(NONE, 34, NEVER), // nice
        row(NONE, 35, NEVER), // ftime
        row(NONE, 44, NEVER), // prof
        row(NONE, 48, NEVER), // signal
        row(NONE, 53, NEVER), // lock
        row(NONE, 56, NEVER), // mpx
        row(NONE, 58, NEVER), // ulimit
        row(NONE, 59, NEVER), // oldolduname
        row(NONE, 67, NEVER), // sigaction
        row(NONE, 68, NEVER), // sgetmask
        row(NONE, 69, NEVER), // ssetmask
        row(NONE, 72, NEVER), // sigsuspend
        row(NONE, 73, NEVER), // sigpending
        row(NONE, 84, NEVER), // oldlstat
        row(NONE, 89, NEVER), // readdir
        row(NONE, 98, NEVER), // profil
        row(NONE, 109, NEVER), // olduname
        row(NONE, 112, NEVER), // idle
        row(NONE, 134, NEVER), // bdflush
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

    /** A refused call in one number: its number for 64-bit programs, for 32-bit ones, and what grants it. */
    private static long row(int number64, int number32, long grantedByAnyOf) {
        return (long) number64 << 52 | (long) number32 << 41 | grantedByAnyOf;
    }

    /**
     * {@return the policy for processes that may have some capabilities}
     *
     * @param granted the most that the processes can have, their bounding set
     */
    public static SeccompProfile profile(CapabilitySet granted) {
        SeccompProfile.Builder builder = SeccompProfile.builder(Action.errno(Errno.EPERM));
        add(builder, SyscallAbi.X86_64, RANGES_64, granted);
        add(builder, SyscallAbi.X86, RANGES_32, granted);
        return builder.build();
    }

    private static void add(SeccompProfile.Builder builder, SyscallAbi abi, int[] ranges, CapabilitySet granted) {
        boolean[] refused = new boolean[LAST + 1];
        for (long row : REFUSED) {
            int number = (int) (row >>> (abi == SyscallAbi.X86_64 ? 52 : 41)) & 0x7ff;
            if (number != NONE) {
                refused[number] = (granted.bits() & row & CAPABILITIES) == 0;
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
