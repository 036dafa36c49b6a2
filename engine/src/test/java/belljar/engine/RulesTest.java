package belljar.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.UserException;
import belljar.linux.CapabilitySet;
import belljar.sandbox.Capabilities;
import belljar.sandbox.Namespaces;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class RulesTest {
    private static final Namespaces PRIVATE = namespaces(Namespaces.PRIVATE);
    private static final Namespaces SHARED = namespaces(Namespaces.HOST);

    @Test
    void rootGetsTheDefaultSetWithoutAmbient() {
        Capabilities sets = CapabilityRules.sets(SecurityRequest.DEFAULT, 0, false);
        assertThat(sets.bounding())
                .containsExactlyInAnyOrder(
                        "CAP_CHOWN",
                        "CAP_DAC_OVERRIDE",
                        "CAP_FOWNER",
                        "CAP_FSETID",
                        "CAP_KILL",
                        "CAP_NET_BIND_SERVICE",
                        "CAP_SETFCAP",
                        "CAP_SETGID",
                        "CAP_SETPCAP",
                        "CAP_SETUID",
                        "CAP_SYS_CHROOT");
        assertThat(sets.effective()).isEqualTo(sets.bounding());
        assertThat(sets.permitted()).isEqualTo(sets.bounding());
        assertThat(sets.inheritable()).isEmpty();
        assertThat(sets.ambient()).isEmpty();
    }

    @Test
    void anotherUserGetsOnlyWhatWasAddedByName() {
        Capabilities sets = CapabilityRules.sets(capabilities(List.of("net_raw"), List.of("CHOWN")), 33, false);
        assertThat(sets.bounding()).contains("CAP_NET_RAW", "CAP_KILL").doesNotContain("CAP_CHOWN");
        assertThat(sets.effective()).containsExactly("CAP_NET_RAW");
        assertThat(sets.ambient()).containsExactly("CAP_NET_RAW");
        assertThat(CapabilityRules.sets(SecurityRequest.DEFAULT, 33, false).effective())
                .isEmpty();
    }

    @Test
    void dropAllLeavesOnlyWhatIsAdded() {
        Capabilities sets = CapabilityRules.sets(capabilities(List.of("CAP_KILL"), List.of("all")), 0, false);
        assertThat(sets.bounding()).containsExactly("CAP_KILL");
    }

    @Test
    void addAllMeansAllThatCanBeGranted() {
        Capabilities own = CapabilityRules.sets(capabilities(List.of("ALL"), List.of("KILL")), 0, true);
        assertThat(own.bounding()).contains("CAP_SYS_ADMIN", "CAP_SYS_RESOURCE").doesNotContain("CAP_KILL");
        Capabilities host = CapabilityRules.sets(capabilities(List.of("ALL"), List.of()), 0, false);
        assertThat(host.bounding())
                .isEqualTo(new HashSet<>(CapabilitySet.ofKernel()
                        .intersect(CapabilitySet.bounding())
                        .names()));
    }

    @Test
    void refusesContradictionsAndUnknownCapabilities() {
        refused(
                () -> CapabilityRules.sets(capabilities(List.of("KILL"), List.of("cap_kill")), 0, false),
                "capability CAP_KILL is both added and dropped; give it only once");
        refused(
                () -> CapabilityRules.sets(capabilities(List.of("ALL"), List.of("ALL")), 0, false),
                "--cap-add ALL and --cap-drop ALL contradict each other; give only one of them");
        assertThatThrownBy(() -> CapabilityRules.sets(capabilities(List.of("FLY"), List.of()), 0, false))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("'FLY'");
    }

    @Test
    void hidesAndProtectsByDefault() {
        assertThat(ProtectedPaths.masked(SecurityRequest.DEFAULT))
                .contains("/proc/kcore", "/proc/keys", "/proc/acpi", "/sys/firmware", "/proc/timer_list");
        assertThat(ProtectedPaths.readonly(SecurityRequest.DEFAULT))
                .containsExactlyInAnyOrder("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger");
    }

    @Test
    void unmasksWhatIsAsked() {
        assertThat(ProtectedPaths.masked(masks(List.of(), List.of("ALL")))).isEmpty();
        assertThat(ProtectedPaths.readonly(masks(List.of(), List.of("all")))).isEmpty();
        assertThat(ProtectedPaths.masked(masks(List.of("/x"), List.of("/proc/*"))))
                .contains("/sys/firmware", "/x")
                .noneMatch(path -> path.startsWith("/proc"));
        assertThat(ProtectedPaths.readonly(masks(List.of(), List.of("/proc/sys"))))
                .contains("/proc/bus")
                .doesNotContain("/proc/sys");
        refused(
                () -> ProtectedPaths.masked(masks(List.of("x"), List.of())),
                "the path 'x' to mask is not absolute; begin it with '/'");
        refused(
                () -> ProtectedPaths.masked(masks(List.of(), List.of("x"))),
                "the path 'x' to unmask is not absolute; begin it with '/' or say ALL");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"net.ipv4.ip_forward", "kernel.shmmax", "fs.mqueue.msg_max", "kernel.sem", "kernel.domainname"})
    void setsParametersOfOwnNamespacesOnly(String name) {
        assertThat(SysctlRules.of(Map.of(name, "1"), PRIVATE)).containsEntry(name, "1");
        assertThatThrownBy(() -> SysctlRules.of(Map.of(name, "1"), SHARED))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("sysctl '" + name + "' would change the host");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"kernel.panic", "vm.swappiness", "kernel.hostname", "net/ipv4", "kernel..sem", ".net", "kernel"})
    void refusesParametersOfTheHost(String name) {
        assertThatThrownBy(() -> SysctlRules.of(Map.of(name, "1"), PRIVATE))
                .isInstanceOf(UserException.class)
                .hasMessageContaining(name);
    }

    @ParameterizedTest
    @CsvSource({"/a,/a", "/a/,/a", "//a///b,/a/b", "/a/./b,/a/b", "/a/../b,/b", "/../../b,/b"})
    void cleansPaths(String path, String clean) {
        assertThat(MountPaths.clean(path)).isEqualTo(clean);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a", "/", "/..", "/a/..", "./a"})
    void refusesPathsThatAreNoMountPoint(String path) {
        assertThatThrownBy(() -> MountPaths.clean(path)).isInstanceOf(UserException.class);
    }

    @Test
    void coversOnlyWholeNames() {
        assertThat(MountPaths.covers("/dev", "/dev")).isTrue();
        assertThat(MountPaths.covers("/dev", "/dev/shm")).isTrue();
        assertThat(MountPaths.covers("/dev", "/device")).isFalse();
    }

    private static void refused(org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String message) {
        assertThatThrownBy(call).isInstanceOf(UserException.class).hasMessage(message);
    }

    private static SecurityRequest capabilities(List<String> add, List<String> drop) {
        return new SecurityRequest(
                false, add, drop, Optional.empty(), Optional.empty(), List.of(), List.of(), Map.of());
    }

    private static SecurityRequest masks(List<String> mask, List<String> unmask) {
        return new SecurityRequest(
                false, List.of(), List.of(), Optional.empty(), Optional.empty(), mask, unmask, Map.of());
    }

    private static Namespaces namespaces(Namespaces.Origin origin) {
        return new Namespaces(origin, origin, origin, origin, Namespaces.HOST, origin, Namespaces.HOST);
    }
}
