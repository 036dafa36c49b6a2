package belljar.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.UserException;
import belljar.linux.Capability;
import belljar.linux.CapabilitySet;
import belljar.linux.Errno;
import belljar.linux.SeccompCompiler;
import belljar.linux.SeccompDefault;
import belljar.linux.SeccompProfile;
import belljar.linux.SeccompProfile.Action;
import belljar.linux.SeccompProfile.Kind;
import belljar.linux.SyscallAbi;
import belljar.linux.SyscallTable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SeccompJsonTest {
    private static final Action EPERM = Action.errno(Errno.EPERM);

    private static SeccompProfile read(String text, Capability... granted) {
        return SeccompJson.read("p.json", text.replace('\'', '"'), CapabilitySet.of(granted));
    }

    private static Action of(SeccompProfile profile, SyscallAbi abi, String name, long... args) {
        return profile.decide(abi, SyscallTable.of(abi).number(name), Arrays.copyOf(args, 6));
    }

    @Test
    void readsActionsAndArchitectures() {
        SeccompProfile profile = read("""
                {'defaultAction':'SCMP_ACT_ERRNO','defaultErrnoRet':38,'architectures':['SCMP_ARCH_X86_64','SCMP_ARCH_X32'],
                 'flags':['SECCOMP_FILTER_FLAG_LOG'],
                 'syscalls':[{'names':['read','close'],'action':'SCMP_ACT_ALLOW'},
                   {'name':'mount','action':'SCMP_ACT_ERRNO','errnoRet':5},
                   {'names':['ptrace'],'action':'SCMP_ACT_TRAP'},
                   {'names':['umount2'],'action':'SCMP_ACT_ERRNO','errno':'EBUSY'},
                   {'names':['futex'],'action':'SCMP_ACT_TRACE'},
                   {'names':['kexec_load'],'action':'SCMP_ACT_KILL'}]}""");
        assertThat(of(profile, SyscallAbi.X86_64, "read")).isEqualTo(Action.ALLOW);
        assertThat(of(profile, SyscallAbi.X32, "read")).isEqualTo(Action.ALLOW);
        assertThat(of(profile, SyscallAbi.X86, "read")).isEqualTo(Action.KILL_PROCESS);
        assertThat(of(profile, SyscallAbi.X86_64, "write")).isEqualTo(Action.errno(38));
        assertThat(of(profile, SyscallAbi.X86_64, "mount")).isEqualTo(Action.errno(5));
        assertThat(of(profile, SyscallAbi.X86_64, "umount2")).isEqualTo(Action.errno(Errno.EBUSY));
        assertThat(of(profile, SyscallAbi.X86_64, "ptrace").kind()).isEqualTo(Kind.TRAP);
        assertThat(of(profile, SyscallAbi.X86_64, "futex")).isEqualTo(new Action(Kind.TRACE, 1));
        assertThat(of(profile, SyscallAbi.X86_64, "kexec_load").kind()).isEqualTo(Kind.KILL_THREAD);
        assertThat(profile.flags()).isEqualTo(2);
    }

    @Test
    void readsConditionsOfAllKinds() {
        SeccompProfile profile = read("""
                {'defaultAction':'SCMP_ACT_ERRNO','syscalls':[
                 {'names':['personality'],'action':'SCMP_ACT_ALLOW',
                  'args':[{'index':0,'value':18446744073709551615,'op':'SCMP_CMP_EQ'}]},
                 {'names':['clone'],'action':'SCMP_ACT_ALLOW',
                  'args':[{'index':0,'value':2114060288,'valueTwo':0,'op':'SCMP_CMP_MASKED_EQ'}]},
                 {'names':['socket'],'action':'SCMP_ACT_ALLOW','args':[{'index':0,'value':40,'op':'SCMP_CMP_LT'}]},
                 {'names':['dup'],'action':'SCMP_ACT_ALLOW','args':[{'index':0,'value':1,'op':'SCMP_CMP_GE'},
                   {'index':0,'value':3,'op':'SCMP_CMP_LE'},{'index':0,'value':2,'op':'SCMP_CMP_NE'}]}]}""");
        assertThat(of(profile, SyscallAbi.X86_64, "personality", -1)).isEqualTo(Action.ALLOW);
        assertThat(of(profile, SyscallAbi.X86_64, "personality", 0)).isEqualTo(EPERM);
        assertThat(of(profile, SyscallAbi.X86_64, "clone", 0x11)).isEqualTo(Action.ALLOW);
        assertThat(of(profile, SyscallAbi.X86_64, "clone", 0x20000)).isEqualTo(EPERM);
        assertThat(of(profile, SyscallAbi.X86_64, "socket", 2)).isEqualTo(Action.ALLOW);
        assertThat(of(profile, SyscallAbi.X86_64, "socket", 40)).isEqualTo(EPERM);
        assertThat(of(profile, SyscallAbi.X86_64, "dup", 1)).isEqualTo(Action.ALLOW);
        assertThat(of(profile, SyscallAbi.X86_64, "dup", 2)).isEqualTo(EPERM);
        assertThat(of(profile, SyscallAbi.X86_64, "dup", 4)).isEqualTo(EPERM);
    }

    @Test
    void letsARuleWithoutConditionsWin() {
        SeccompProfile profile = read("""
                {'defaultAction':'SCMP_ACT_ALLOW','syscalls':[
                 {'names':['dup'],'action':'SCMP_ACT_ERRNO','args':[{'index':0,'value':1,'op':'SCMP_CMP_EQ'}]},
                 {'names':['dup'],'action':'SCMP_ACT_ERRNO','errnoRet':7},
                 {'names':['dup'],'action':'SCMP_ACT_ERRNO','errnoRet':8}]}""");
        assertThat(of(profile, SyscallAbi.X86_64, "dup", 1)).isEqualTo(Action.errno(7));
    }

    @Test
    void choosesRulesByCapabilityProcessorAndKernel() {
        String text = """
                {'defaultAction':'SCMP_ACT_ERRNO','syscalls':[
                 {'names':['mount'],'action':'SCMP_ACT_ALLOW','includes':{'caps':['CAP_SYS_ADMIN']}},
                 {'names':['chroot'],'action':'SCMP_ACT_ALLOW','includes':{'caps':['CAP_SYS_ADMIN','CAP_SYS_CHROOT']}},
                 {'names':['bpf'],'action':'SCMP_ACT_ALLOW','excludes':{'caps':['CAP_SYS_ADMIN']}},
                 {'names':['dup'],'action':'SCMP_ACT_ALLOW','includes':{'arches':['arm64']}},
                 {'names':['dup2'],'action':'SCMP_ACT_ALLOW','includes':{'arches':['arm64','amd64']}},
                 {'names':['pipe'],'action':'SCMP_ACT_ALLOW','includes':{'minKernel':'4.8'}},
                 {'names':['pipe2'],'action':'SCMP_ACT_ALLOW','includes':{'minKernel':'999.0'}},
                 {'names':['tee'],'action':'SCMP_ACT_ALLOW','excludes':{'minKernel':'4.8'}}]}""";
        SeccompProfile admin = read(text, Capability.SYS_ADMIN);
        SeccompProfile plain = read(text);
        assertThat(of(admin, SyscallAbi.X86_64, "mount")).isEqualTo(Action.ALLOW);
        assertThat(of(plain, SyscallAbi.X86_64, "mount")).isEqualTo(EPERM);
        assertThat(of(admin, SyscallAbi.X86_64, "chroot")).isEqualTo(EPERM);
        assertThat(of(admin, SyscallAbi.X86_64, "bpf").kind()).isEqualTo(Kind.ERRNO);
        assertThat(of(plain, SyscallAbi.X86_64, "bpf")).isEqualTo(Action.ALLOW);
        assertThat(of(plain, SyscallAbi.X86_64, "dup")).isEqualTo(EPERM);
        assertThat(of(plain, SyscallAbi.X86_64, "dup2")).isEqualTo(Action.ALLOW);
        assertThat(of(plain, SyscallAbi.X86_64, "pipe")).isEqualTo(Action.ALLOW);
        assertThat(of(plain, SyscallAbi.X86_64, "pipe2")).isEqualTo(EPERM);
        assertThat(of(plain, SyscallAbi.X86_64, "tee")).isEqualTo(EPERM);
    }

    @Test
    void closesTheOldWayToMakeSocketsToo() {
        SeccompProfile profile = read("""
                {'defaultAction':'SCMP_ACT_ALLOW','archMap':[{'architecture':'SCMP_ARCH_X86_64',
                 'subArchitectures':['SCMP_ARCH_X86']},{'architecture':'SCMP_ARCH_ARM','subArchitectures':[]}],
                 'syscalls':[{'names':['socket','shmget'],'action':'SCMP_ACT_ERRNO'}]}""");
        assertThat(of(profile, SyscallAbi.X86, "socketcall", 1)).isEqualTo(EPERM);
        assertThat(of(profile, SyscallAbi.X86, "socketcall", 2)).isEqualTo(Action.ALLOW);
        assertThat(of(profile, SyscallAbi.X86, "ipc", 0x10017)).isEqualTo(EPERM);
        assertThat(of(profile, SyscallAbi.X86, "ipc", 1)).isEqualTo(Action.ALLOW);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{|p.json",
                "[]|an object",
                "{}|member 'defaultAction' is missing",
                "{'defaultAction':'ALLOW'}|member 'defaultAction': 'ALLOW' is not an action",
                "{'defaultAction':'SCMP_ACT_ERRNO','defaultErrnoRet':5000}|5000 is not an errno",
                "{'defaultAction':'SCMP_ACT_ALLOW','sycalls':[]}|member 'sycalls' is not one of the format's",
                "{'defaultAction':'SCMP_ACT_ALLOW','syscalls':{}}|member 'syscalls': found {} where an array",
                "{'defaultAction':'SCMP_ACT_ALLOW','syscalls':[{'action':'SCMP_ACT_LOG'}]}|'syscalls'[0]: it needs either",
                "{'defaultAction':'SCMP_ACT_ALLOW','syscalls':[{'names':['raed'],'action':'SCMP_ACT_ERRNO'}]}|'raed' is not",
                "{'defaultAction':'SCMP_ACT_LOG','syscalls':[{'names':['dup'],'action':'X'}]}|[0]: 'X' is not an action",
                "{'defaultAction':'SCMP_ACT_LOG','syscalls':[{'names':['dup'],'action':'SCMP_ACT_ALLOW',"
                        + "'args':[{'index':6,'op':'SCMP_CMP_EQ'}]}]}|'args'[0]: member 'index' must be from 0 to 5",
                "{'defaultAction':'SCMP_ACT_LOG','syscalls':[{'names':['dup'],'action':'SCMP_ACT_ALLOW',"
                        + "'args':[{'index':1,'op':'EQ'}]}]}|'EQ' is not a comparison",
                "{'defaultAction':'SCMP_ACT_LOG','syscalls':[{'names':['dup'],'action':'SCMP_ACT_ALLOW',"
                        + "'args':[{'index':1,'op':'SCMP_CMP_EQ','value':-1}]}]}|-1 is not a whole number of 64 bits",
                "{'defaultAction':'SCMP_ACT_LOG','syscalls':[{'names':['dup'],'action':'SCMP_ACT_ALLOW',"
                        + "'includes':{'cap':[]}}]}|member 'includes': member 'cap' is not",
                "{'defaultAction':'SCMP_ACT_LOG','syscalls':[{'names':['dup'],'action':'SCMP_ACT_ALLOW',"
                        + "'includes':{'minKernel':'new'}}]}|'new' is not a kernel version",
                "{'defaultAction':'SCMP_ACT_LOG','architectures':['x86']}|'x86' is not an architecture",
                "{'defaultAction':'SCMP_ACT_LOG','flags':['X']}|'X' is not a flag",
                "{'defaultAction':'SCMP_ACT_LOG','listenerPath':'/run/x'}|member 'listenerPath'"
            })
    void namesWhatIsWrong(String text, String message) {
        assertThatThrownBy(() -> read(text))
                .isInstanceOf(UserException.class)
                .hasMessageStartingWith("the seccomp profile p.json cannot be used: ")
                .hasMessageContaining(message);
    }

    @Test
    void passesOverUnknownCallsThatStayRefused() {
        SeccompProfile profile = read("""
                {'defaultAction':'SCMP_ACT_ERRNO','syscalls':[
                 {'names':['arm_fadvise64_64','tomorrow','read'],'action':'SCMP_ACT_ALLOW'}]}""");
        assertThat(of(profile, SyscallAbi.X86_64, "read")).isEqualTo(Action.ALLOW);
    }

    /** The profile that Debian installs for its container engines, which descends from Docker's. */
    @Test
    void findsTheOwnDefaultStricterThanTheInstalledOne() throws Exception {
        Path installed = Path.of("/usr/share/containers/seccomp.json");
        Assumptions.assumeTrue(
                Files.exists(installed), installed + " needs the package golang-github-containers-common");
        String text = Files.readString(installed);
        Set<String> wider = new TreeSet<>();
        for (CapabilitySet granted : List.of(
                CapabilitySet.NONE, CapabilitySet.of(Capability.SYS_ADMIN), CapabilitySet.ofBits((1L << 41) - 1))) {
            SeccompProfile theirs = SeccompJson.read("installed", text, granted);
            assertThat(SeccompCompiler.compile(theirs).length).isPositive();
            SeccompProfile ours = SeccompDefault.profile(granted);
            long[][] tries = {
                {0, 0, 0, 0, 0, 0}, {2, 0, 0, 0, 0, 0}, {8, 0x5412, 0, 0, 0, 0}, {16, 0, 0, 0, 0, 0},
                {38, 0, 0, 0, 0, 0}, {40, 0, 0, 0, 0, 0}, {0x20000, 0, 0, 0, 0, 0}, {0x7e020000L, 0, 0, 0, 0, 0},
                {-1, -1, -1, -1, -1, -1}, {0xffffffffL, 1, 0, 0, 0, 0}
            };
            for (SyscallAbi abi : SyscallAbi.values()) {
                for (int number = 0; number < 560; number++) {
                    for (long[] args : tries) {
                        boolean allows = ours.decide(abi, number, args).kind() == Kind.ALLOW;
                        if (allows && theirs.decide(abi, number, args).kind() != Kind.ALLOW) {
                            wider.add(SyscallTable.of(abi).name(number));
                        }
                    }
                }
            }
        }
        // Newer than the package's profile of 2022 or allowed by Docker since; all in Docker's default of 2026.
        assertThat(wider)
                .isSubsetOf(
                        "cachestat",
                        "fchmodat2",
                        "futex_requeue",
                        "futex_wait",
                        "futex_waitv",
                        "futex_wake",
                        "getxattrat",
                        "io_pgetevents",
                        "io_pgetevents_time64",
                        "listmount",
                        "listxattrat",
                        "lsm_get_self_attr",
                        "lsm_list_modules",
                        "lsm_set_self_attr",
                        "map_shadow_stack",
                        "mseal",
                        "quotactl_fd",
                        "removexattrat",
                        "set_mempolicy_home_node",
                        "setxattrat",
                        "statmount",
                        "uretprobe",
                        "vmsplice");
    }
}
