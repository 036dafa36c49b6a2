package belljar.linux;

import static org.assertj.core.api.Assertions.assertThat;

import belljar.linux.SeccompProfile.Action;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

final class SeccompDefaultTest {
    private static final Action EPERM = Action.errno(Errno.EPERM);
    private static final Action ENOSYS = Action.errno(Errno.ENOSYS);
    private final SeccompProfile plain = SeccompDefault.profile(CapabilitySet.NONE);

    private static Action of(SeccompProfile profile, SyscallAbi abi, String name, long... args) {
        int number = SyscallTable.of(abi).number(name);
        assertThat(number).as(name).isNotNegative();
        return profile.decide(abi, number, java.util.Arrays.copyOf(args, 6));
    }

    private Action of(String name, long... args) {
        return of(plain, SyscallAbi.X86_64, name, args);
    }

    @Test
    void compilesToWhatItMeans() {
        Random random = new Random(7);
        for (CapabilitySet granted : List.of(
                CapabilitySet.NONE,
                CapabilitySet.of(Capability.SYS_ADMIN),
                CapabilitySet.of(Capability.SYS_CHROOT, Capability.SYS_PTRACE),
                CapabilitySet.ofBits(-1))) {
            SeccompProfile profile = SeccompDefault.profile(granted);
            BpfMachine machine = new BpfMachine(SeccompCompiler.compile(profile));
            for (int number = -1; number < 560; number++) {
                SeccompCompilerTest.compare(profile, machine, number, random, granted.toString());
            }
        }
    }

    @Test
    void isShortAndQuick() {
        BpfMachine machine = new BpfMachine(SeccompCompiler.compile(plain));
        assertThat(machine.length()).isLessThan(300);
        assertThat(machine.run(Nr.READ, SyscallAbi.X86_64.auditArch(), new long[6]))
                .isEqualTo(Action.ALLOW.code());
        assertThat(machine.steps).isLessThan(14);
    }

    @Test
    void allowsWhatOrdinaryProgramsNeed() {
        for (String name : List.of(
                "read",
                "openat",
                "openat2",
                "mmap",
                "execve",
                "execveat",
                "fork",
                "vfork",
                "wait4",
                "futex",
                "statx",
                "rseq",
                "getrandom",
                "clone",
                "prctl",
                "seccomp",
                "arch_prctl",
                "modify_ldt",
                "ptrace",
                "mknod",
                "setuid",
                "epoll_pwait2",
                "faccessat2",
                "close_range",
                "landlock_create_ruleset",
                "futex_waitv",
                "fchmodat2",
                "mseal",
                "statmount",
                "map_shadow_stack")) {
            assertThat(of(name)).as(name).isEqualTo(Action.ALLOW);
        }
        for (String name : List.of("socketcall", "ipc", "waitpid", "_llseek", "clock_gettime64", "ugetrlimit")) {
            assertThat(of(plain, SyscallAbi.X86, name)).as(name).isEqualTo(Action.ALLOW);
        }
    }

    @Test
    void refusesWhatOnlyTheHostMayDo() {
        for (SyscallAbi abi : List.of(SyscallAbi.X86_64, SyscallAbi.X86)) {
            for (String name : List.of(
                    "mount",
                    "umount2",
                    "pivot_root",
                    "unshare",
                    "setns",
                    "open_tree",
                    "fsopen",
                    "move_mount",
                    "bpf",
                    "keyctl",
                    "add_key",
                    "request_key",
                    "userfaultfd",
                    "io_uring_setup",
                    "kexec_load",
                    "init_module",
                    "reboot",
                    "swapon",
                    "perf_event_open",
                    "open_by_handle_at",
                    "acct",
                    "syslog",
                    "chroot",
                    "settimeofday",
                    "iopl",
                    "ioperm",
                    "kcmp",
                    "pidfd_getfd",
                    "mbind",
                    "move_pages",
                    "vhangup")) {
                assertThat(of(plain, abi, name)).as(name).isEqualTo(EPERM);
            }
        }
        assertThat(of("kexec_file_load")).isEqualTo(EPERM);
        assertThat(of("uprobe")).isEqualTo(EPERM);
        assertThat(of(plain, SyscallAbi.X86, "vm86")).isEqualTo(EPERM);
        assertThat(of("file_setattr")).isEqualTo(ENOSYS);
    }

    @Test
    void refusesEveryNumberThatIsNoCall() {
        for (SyscallAbi abi : List.of(SyscallAbi.X86_64, SyscallAbi.X86)) {
            for (int number = 0; number < 1000; number++) {
                if (SyscallTable.of(abi).name(number).isEmpty()) {
                    assertThat(plain.decide(abi, number, new long[6])).isIn(EPERM, ENOSYS);
                }
            }
        }
    }

    @Test
    void judgesArguments() {
        assertThat(of("socket", 2)).isEqualTo(Action.ALLOW);
        assertThat(of("socket", 38)).isEqualTo(EPERM);
        assertThat(of("socket", 39)).isEqualTo(Action.ALLOW);
        assertThat(of("socket", 40)).isEqualTo(EPERM);
        assertThat(of("socket", 44)).isEqualTo(Action.ALLOW);
        assertThat(of("socket", 0x1_0000_0026L)).isEqualTo(EPERM);
        assertThat(of("personality", 0xffffffffL)).isEqualTo(Action.ALLOW);
        assertThat(of("personality", 0x400000)).isEqualTo(EPERM);
        assertThat(of("clone", 0x11)).isEqualTo(Action.ALLOW);
        assertThat(of("clone", 0x10000011)).isEqualTo(EPERM);
        assertThat(of("clone3")).isEqualTo(ENOSYS);
        assertThat(of("ioctl", 0, 0x5401)).isEqualTo(Action.ALLOW);
        assertThat(of("ioctl", 0, 0x5412)).isEqualTo(EPERM);
        assertThat(of("ioctl", 0, 0xffffffff_00005412L)).isEqualTo(EPERM);
        assertThat(of(plain, SyscallAbi.X86, "ioctl", 0, 0x541c)).isEqualTo(EPERM);
        assertThat(of(plain, SyscallAbi.X86, "socket", 40)).isEqualTo(EPERM);
        assertThat(of(plain, SyscallAbi.X32, "getpid")).isEqualTo(ENOSYS);
    }

    @Test
    void grantsCallsWithTheirCapabilities() {
        SeccompProfile admin = SeccompDefault.profile(CapabilitySet.of(Capability.SYS_ADMIN));
        for (String name : List.of("mount", "unshare", "setns", "clone3", "bpf", "syslog", "perf_event_open")) {
            assertThat(of(admin, SyscallAbi.X86_64, name)).as(name).isEqualTo(Action.ALLOW);
        }
        assertThat(of(admin, SyscallAbi.X86_64, "clone", 0x10000000)).isEqualTo(Action.ALLOW);
        assertThat(of(admin, SyscallAbi.X86_64, "reboot")).isEqualTo(EPERM);
        assertThat(of(admin, SyscallAbi.X86_64, "pivot_root")).isEqualTo(EPERM);
        assertThat(granted(Capability.SYS_BOOT, "reboot")).isEqualTo(Action.ALLOW);
        assertThat(granted(Capability.SYS_CHROOT, "chroot")).isEqualTo(Action.ALLOW);
        assertThat(granted(Capability.SYS_PTRACE, "pidfd_getfd")).isEqualTo(Action.ALLOW);
        assertThat(granted(Capability.SYS_TIME, "clock_settime")).isEqualTo(Action.ALLOW);
        assertThat(granted(Capability.SYSLOG, "syslog")).isEqualTo(Action.ALLOW);
        assertThat(granted(Capability.BPF, "bpf")).isEqualTo(Action.ALLOW);
        assertThat(granted(Capability.PERFMON, "perf_event_open")).isEqualTo(Action.ALLOW);
        assertThat(granted(Capability.DAC_READ_SEARCH, "open_by_handle_at")).isEqualTo(Action.ALLOW);
        assertThat(granted(Capability.SYS_NICE, "mbind")).isEqualTo(Action.ALLOW);
        assertThat(granted(Capability.SYS_MODULE, "finit_module")).isEqualTo(Action.ALLOW);
        assertThat(granted(Capability.SYS_RAWIO, "iopl")).isEqualTo(Action.ALLOW);
        assertThat(granted(Capability.SYS_PACCT, "acct")).isEqualTo(Action.ALLOW);
        assertThat(granted(Capability.SYS_TTY_CONFIG, "vhangup")).isEqualTo(Action.ALLOW);
        assertThat(granted(Capability.NET_ADMIN, "mount")).isEqualTo(EPERM);
    }

    private static Action granted(Capability capability, String name) {
        return of(SeccompDefault.profile(CapabilitySet.of(capability)), SyscallAbi.X86_64, name);
    }

    /** The kernel takes the program and does what it says, on a thread that ends with the test. */
    @Test
    void holdsInTheKernel() throws Exception {
        CompletableFuture<long[]> answers = new CompletableFuture<>();
        Thread.ofPlatform()
                .start(() -> {
                    try {
                        answers.complete(underTheFilter());
                    } catch (RuntimeException | Error e) {
                        answers.completeExceptionally(e);
                    }
                })
                .join();
        assertThat(answers.get())
                .containsExactly(
                        0,
                        0,
                        HostKernel.INSTANCE.call(Nr.GETPID),
                        -Errno.EPERM,
                        -Errno.ENOSYS,
                        -Errno.EPERM,
                        -Errno.EPERM,
                        -Errno.EPERM,
                        -Errno.ENOSYS,
                        -Errno.ENOSYS);
    }

    private long[] underTheFilter() {
        HostKernel kernel = HostKernel.INSTANCE;
        byte[] program = SeccompCompiler.compile(plain);
        try (Memory memory = kernel.lend()) {
            long noNewPrivs = kernel.call(Nr.PRCTL, 38, 1, 0, 0, 0);
            long header = memory.allocate(16);
            memory.putInt(header, program.length / SeccompCompiler.INSTRUCTION_SIZE);
            memory.putLong(header + 8, memory.copy(program));
            long installed = kernel.call(Nr.SECCOMP, 1, 0, header);
            return new long[] {
                noNewPrivs,
                installed,
                kernel.call(Nr.GETPID),
                kernel.call(Nr.KEYCTL, 0),
                kernel.call(Nr.CLONE3, 0, 0),
                kernel.call(Nr.SOCKET, 0x1_0000_0026L, 5, 0),
                kernel.call(Nr.PERSONALITY, 0x400000),
                kernel.call(Nr.IOCTL, 0, 0x5412, 0),
                kernel.call(469),
                kernel.call(39 | SyscallAbi.X32.numberBit())
            };
        }
    }
}
