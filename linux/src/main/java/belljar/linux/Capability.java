package belljar.linux;

import belljar.failure.UserException;
import java.util.Locale;

/**
 * The capabilities of capabilities(7), in the order and with the numbers of the kernel's {@code linux/capability.h}, up
 * to Linux 5.9's {@link #CHECKPOINT_RESTORE}, the newest that exists.
 */
public enum Capability {
    /** Change the owner of files. */
    CHOWN,
    /** Ignore file permissions. */
    DAC_OVERRIDE,
    /** Ignore read permissions, and open files by handle. */
    DAC_READ_SEARCH,
    /** Act as the owner of any file. */
    FOWNER,
    /** Keep set-id bits on a changed file. */
    FSETID,
    /** Signal any process. */
    KILL,
    /** Change group ids. */
    SETGID,
    /** Change user ids. */
    SETUID,
    /** Change the capabilities of the own process. */
    SETPCAP,
    /** Set immutable and append-only file flags. */
    LINUX_IMMUTABLE,
    /** Bind ports below 1024. */
    NET_BIND_SERVICE,
    /** Broadcast and listen to multicasts (unused by the kernel). */
    NET_BROADCAST,
    /** Configure networks. */
    NET_ADMIN,
    /** Use raw and packet sockets. */
    NET_RAW,
    /** Lock memory. */
    IPC_LOCK,
    /** Ignore permissions of System V IPC objects. */
    IPC_OWNER,
    /** Load and remove kernel modules. */
    SYS_MODULE,
    /** Access I/O ports and raw memory. */
    SYS_RAWIO,
    /** Use chroot(2). */
    SYS_CHROOT,
    /** Trace any process. */
    SYS_PTRACE,
    /** Use acct(2). */
    SYS_PACCT,
    /** Administer the system: mounts, namespaces and much more. */
    SYS_ADMIN,
    /** Use reboot(2) and kexec_load(2). */
    SYS_BOOT,
    /** Raise priorities, set affinity and scheduling of any process. */
    SYS_NICE,
    /** Exceed resource limits and quotas. */
    SYS_RESOURCE,
    /** Set the clocks. */
    SYS_TIME,
    /** Configure terminals. */
    SYS_TTY_CONFIG,
    /** Make device nodes. */
    MKNOD,
    /** Take leases on any file. */
    LEASE,
    /** Write to the audit log. */
    AUDIT_WRITE,
    /** Configure auditing. */
    AUDIT_CONTROL,
    /** Set file capabilities. */
    SETFCAP,
    /** Override mandatory access control (Smack). */
    MAC_OVERRIDE,
    /** Configure mandatory access control (Smack). */
    MAC_ADMIN,
    /** Read and configure the kernel's log. */
    SYSLOG,
    /** Set wake-up alarms. */
    WAKE_ALARM,
    /** Block system suspend. */
    BLOCK_SUSPEND,
    /** Read the audit log. */
    AUDIT_READ,
    /** Use performance monitoring. */
    PERFMON,
    /** Load BPF programs. */
    BPF,
    /** Checkpoint and restore processes. */
    CHECKPOINT_RESTORE;

    private static final Capability[] ALL = values();

    /** {@return the number that capset(2) and prctl(2) use, 0 to 40} */
    public int number() {
        return ordinal();
    }

    /** {@return the kernel's name, such as {@code CAP_NET_ADMIN}} */
    public String kernelName() {
        return "CAP_" + name();
    }

    /**
     * {@return the capability of a number}
     *
     * @param number 0 to 40
     */
    static Capability of(int number) {
        return ALL[number];
    }

    /** {@return how many capabilities have names here} */
    static int count() {
        return ALL.length;
    }

    /**
     * {@return a capability by its name, in either case, with or without {@code CAP_}}
     *
     * @param text such as {@code CAP_NET_ADMIN} or {@code net_admin}
     * @throws UserException if there is none of that name
     */
    public static Capability parse(String text) {
        String name = text.toUpperCase(Locale.ROOT);
        String bare = name.startsWith("CAP_") ? name.substring(4) : name;
        for (Capability capability : ALL) {
            if (capability.name().equals(bare)) {
                return capability;
            }
        }
        throw new UserException("'" + text + "' is not a capability; capabilities(7) lists them, such as "
                + "NET_ADMIN, and ALL stands for every one");
    }
}
