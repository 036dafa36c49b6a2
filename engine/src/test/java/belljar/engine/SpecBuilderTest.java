package belljar.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.GuestException;
import belljar.failure.UserException;
import belljar.sandbox.ContainerSpec;
import belljar.sandbox.IdMaps;
import belljar.sandbox.Namespaces;
import belljar.sandbox.Resources;
import belljar.sandbox.SeccompSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class SpecBuilderTest extends SpecFixture {
    @Test
    void everyFenceIsUpByDefault() {
        ContainerSpec spec = build(withCommand(List.of("sh"), null), ImageDefaults.NONE);
        assertThat(spec.process().noNewPrivileges()).isTrue();
        assertThat(spec.seccomp()).isEqualTo(new SeccompSpec.Default());
        assertThat(spec.namespaces())
                .isEqualTo(new Namespaces(
                        Namespaces.PRIVATE,
                        Namespaces.PRIVATE,
                        Namespaces.PRIVATE,
                        Namespaces.PRIVATE,
                        Namespaces.HOST,
                        Namespaces.PRIVATE,
                        Namespaces.HOST));
        assertThat(spec.resources().pids()).hasValue(2048);
        assertThat(spec.resources().deviceRules().get(0))
                .isEqualTo(new Resources.DeviceRule(false, 'a', -1, -1, "rwm"));
        assertThat(spec.maskedPaths()).isNotEmpty();
        assertThat(spec.hostname()).isEqualTo("0123456789ab");
        assertThat(mount(spec, "/sys").options()).contains("ro");
        assertThat(mount(spec, "/sys/fs/cgroup").options()).contains("ro");
        assertThat(mount(spec, "/dev/shm").options()).contains("size=67108864", "nosuid", "nodev", "noexec");
        assertThat(mount(spec, "/dev/pts").options()).contains("newinstance", "gid=5");
        assertThat(spec.sysctls()).containsEntry("net.ipv4.ping_group_range", "0 0");
    }

    @Test
    void privilegedTakesTheFencesDown() {
        RunRequest request = with(new SecurityRequest(
                true, List.of(), List.of(), Optional.empty(), Optional.empty(), List.of(), List.of(), Map.of()));
        ContainerSpec spec = build(request, ImageDefaults.NONE);
        assertThat(spec.process().noNewPrivileges()).isFalse();
        assertThat(spec.seccomp()).isEqualTo(new SeccompSpec.Unconfined());
        assertThat(spec.maskedPaths()).isEmpty();
        assertThat(spec.readonlyPaths()).isEmpty();
        assertThat(spec.resources().deviceRules().get(0)).isEqualTo(new Resources.DeviceRule(true, 'a', -1, -1, "rwm"));
        assertThat(mount(spec, "/sys").options()).contains("rw");
        assertThat(spec.process().capabilities().bounding()).contains("CAP_SYS_ADMIN");
    }

    @Test
    void joinsEntrypointAndCommandAsDockerDoes() {
        ImageDefaults image =
                new ImageDefaults(List.of("entry", "-e"), List.of("default"), List.of(), "", "", List.of());
        assertThat(args(List.of(), null, image)).containsExactly("entry", "-e", "default");
        assertThat(args(List.of("mine"), null, image)).containsExactly("entry", "-e", "mine");
        assertThat(args(List.of(), List.of("other"), image)).containsExactly("other");
        assertThat(args(List.of("mine"), List.of("other"), image)).containsExactly("other", "mine");
        assertThat(args(List.of("mine"), List.of(), image)).containsExactly("mine");
        refused(
                withCommand(List.of(), List.of()),
                image,
                "the image img names no command to run; write one after the image's name");
    }

    @Test
    void mergesTheEnvironment() {
        ImageDefaults image = new ImageDefaults(
                List.of("x"), List.of(), List.of("PATH=/image", "A=1", "B=2", "=odd", "odd"), "web", "", List.of());
        ContainerSpec spec = build(withEnv(List.of("B=3", "C=a=b", "C=last", "E="), List.of("A")), image);
        assertThat(spec.process().env())
                .containsExactlyInAnyOrder(
                        "PATH=/image",
                        "container=belljar",
                        "B=3",
                        "C=last",
                        "E=",
                        "HOSTNAME=0123456789ab",
                        "HOME=/var/www");
        refused(
                withEnv(List.of("novalue"), List.of()),
                image,
                "'novalue' is not an environment variable; write it as " + "NAME=value");
        refused(
                withEnv(List.of("=x"), List.of()),
                image,
                "'=x' is not an environment variable; write it as NAME=value");
    }

    @Test
    void aTerminalBringsTerm() {
        ProcessRequest process = new ProcessRequest(
                List.of("sh"),
                Optional.empty(),
                List.of(),
                List.of(),
                false,
                "",
                List.of(),
                "",
                true,
                true,
                false,
                "",
                OptionalInt.empty(),
                OptionalInt.empty(),
                List.of());
        ContainerSpec spec = build(with(process), ImageDefaults.NONE);
        assertThat(spec.process().terminal()).isTrue();
        assertThat(spec.process().env())
                .contains("TERM=xterm", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    }

    @Test
    void runsAsTheImagesUserUnlessAskedOtherwise() {
        ImageDefaults image = new ImageDefaults(List.of("x"), List.of(), List.of(), "web", "work", List.of());
        ContainerSpec spec = build(RunRequest.of("img"), image);
        assertThat(spec.process().uid()).isEqualTo(33);
        assertThat(spec.process().gid()).isEqualTo(34);
        assertThat(spec.process().additionalGids()).containsExactly(70);
        assertThat(spec.process().cwd()).isEqualTo("/work");
        assertThat(spec.process().capabilities().effective()).isEmpty();
    }

    @Test
    void refusesAUserThatTheMappingHasNoPlaceFor() {
        ImageDefaults image = new ImageDefaults(List.of("x"), List.of(), List.of(), "web", "", List.of());
        IdMaps single = new IdMaps(List.of(new IdMaps.Range(0, 1000, 1)), List.of(new IdMaps.Range(0, 1000, 1)));
        assertThatThrownBy(() -> SpecBuilder.build(RunRequest.of("img"), image, site(single, true)))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("user 33 has no id on the host");
        ContainerSpec spec = SpecBuilder.build(withCommand(List.of("x"), null), ImageDefaults.NONE, site(single, true));
        assertThat(spec.namespaces().user()).isEqualTo(Namespaces.PRIVATE);
        assertThat(mount(spec, "/dev/pts").options()).doesNotContain("gid=5");
        assertThat(spec.resources().deviceRules()).isEmpty();
    }

    @Test
    void writesTheFilesOfNames() throws IOException {
        NetworkRequest network = new NetworkRequest(
                NamespaceMode.DEFAULT,
                "jar",
                List.of(new NetworkRequest.HostEntry("db", "10.0.0.2")),
                false,
                List.of("10.0.0.53"),
                List.of("example.org"),
                List.of("ndots:2"));
        ContainerSpec spec = build(with(network), ImageDefaults.NONE);
        assertThat(spec.hostname()).isEqualTo("jar");
        assertThat(Files.readString(Path.of(mount(spec, "/etc/hostname").source())))
                .isEqualTo("jar\n");
        assertThat(Files.readString(Path.of(mount(spec, "/etc/hosts").source())))
                .isEqualTo("""
                        10.0.0.2\tdb
                        127.0.0.1\tlocalhost
                        ::1\tlocalhost ip6-localhost ip6-loopback
                        127.0.1.1\tjar
                        """);
        assertThat(Files.readString(Path.of(mount(spec, "/etc/resolv.conf").source())))
                .isEqualTo("search example.org\nnameserver 10.0.0.53\noptions ndots:2\n");
    }

    @Test
    void theHostsNetworkBringsTheHostsNames() throws IOException {
        NetworkRequest network =
                new NetworkRequest(NamespaceMode.HOST, "", List.of(), false, List.of(), List.of(), List.of());
        ContainerSpec spec = build(with(network), ImageDefaults.NONE);
        assertThat(spec.hostname())
                .isEqualTo(
                        Files.readString(Path.of("/proc/sys/kernel/hostname")).strip());
        assertThat(spec.sysctls()).isEmpty();
        assertThat(mount(spec, "/etc/resolv.conf").type()).isEqualTo("bind");
    }

    @Test
    void refusesHostNamesThatCouldForgeLines() {
        for (String name : List.of("a b", "a\nb", "x".repeat(65), "a/b")) {
            NetworkRequest network =
                    new NetworkRequest(NamespaceMode.DEFAULT, name, List.of(), false, List.of(), List.of(), List.of());
            assertThatThrownBy(() -> build(with(network), ImageDefaults.NONE))
                    .isInstanceOf(UserException.class)
                    .hasMessageContaining("is not a host name");
        }
    }

    @Test
    void nulCharactersOfAnImageAreTheImagesFault() {
        ImageDefaults command = new ImageDefaults(List.of("a\0b"), List.of(), List.of(), "", "", List.of());
        ImageDefaults env = new ImageDefaults(List.of("a"), List.of(), List.of("A=\0"), "", "", List.of());
        ImageDefaults workdir = new ImageDefaults(List.of("a"), List.of(), List.of(), "", "/\0", List.of());
        for (ImageDefaults image : List.of(command, env, workdir)) {
            assertThatThrownBy(() -> build(RunRequest.of("img"), image)).isInstanceOf(GuestException.class);
        }
    }

    @Test
    void joinsTheNamespacesOfAnotherContainer() {
        NamespaceRequest namespaces = new NamespaceRequest(
                new NamespaceMode.Of("other"),
                NamespaceMode.HOST,
                new NamespaceMode.Path("/run/uts"),
                NamespaceMode.HOST,
                NamespaceMode.DEFAULT,
                IdChoice.DEFAULT);
        ContainerSpec spec = build(with(namespaces), ImageDefaults.NONE);
        assertThat(spec.namespaces().pid()).isEqualTo(new Namespaces.Join("/proc/4711/ns/pid"));
        assertThat(spec.namespaces().uts()).isEqualTo(new Namespaces.Join("/run/uts"));
        assertThat(spec.hostname()).isEmpty();
        assertThat(mount(spec, "/dev/shm").source()).isEqualTo("/dev/shm");
    }

    private List<String> args(List<String> command, @Nullable List<String> entrypoint, ImageDefaults image) {
        return build(withCommand(command, entrypoint), image).process().args();
    }

    private static RunRequest withEnv(List<String> env, List<String> unset) {
        return with(new ProcessRequest(
                List.of("x"),
                Optional.empty(),
                env,
                unset,
                false,
                "",
                List.of(),
                "",
                false,
                false,
                false,
                "",
                OptionalInt.empty(),
                OptionalInt.empty(),
                List.of()));
    }
}
