package belljar.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.GuestException;
import belljar.failure.UserException;
import belljar.sandbox.ContainerSpec;
import belljar.sandbox.IdMaps;
import belljar.sandbox.MountSpec;
import belljar.sandbox.Namespaces;
import belljar.sandbox.Resources;
import belljar.sandbox.SeccompSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SpecBuilderTest {
    private static final String ID = "0123456789abcdef0123456789abcdef";

    @TempDir
    Path tmp;

    private Path layer;
    private Path files;

    @BeforeEach
    void makeImage() throws IOException {
        layer = Files.createDirectories(tmp.resolve("layer"));
        files = Files.createDirectories(tmp.resolve("files"));
        Files.createDirectories(layer.resolve("etc"));
        Files.writeString(layer.resolve("etc/passwd"), "root:x:0:0::/root:/bin/sh\nweb:x:33:34::/var/www:/bin/sh\n");
        Files.writeString(layer.resolve("etc/group"), "web:x:34:\nextra:x:70:web\n");
        Files.createDirectories(layer.resolve("data"));
        Files.writeString(layer.resolve("data/content"), "");
    }

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
    void mountsParentsBeforeChildrenAndLetsTheUserReplaceDefaults() {
        Path source = files;
        StorageRequest storage = storage(
                new MountRequest.Bind(source.toString(), "/a/b/c", List.of("ro")),
                new MountRequest.Bind(source.toString(), "/a", List.of("rslave")),
                new MountRequest.Bind("/dev", "/dev", List.of()),
                new MountRequest.Tmpfs("/scratch", List.of("size=1m")),
                new MountRequest.Bind("/etc/hostname", "/etc/hosts", List.of("ro")));
        ContainerSpec spec = build(with(storage), ImageDefaults.NONE);
        List<String> destinations = destinations(spec);
        assertThat(destinations.indexOf("/a")).isLessThan(destinations.indexOf("/a/b/c"));
        assertThat(destinations).doesNotContain("/dev/shm", "/dev/pts").doesNotHaveDuplicates();
        assertThat(mount(spec, "/etc/hosts").source()).isEqualTo("/etc/hostname");
        assertThat(mount(spec, "/a/b/c").options()).containsExactly("ro", "rbind", "rro", "rprivate");
        assertThat(mount(spec, "/a").options()).containsExactly("rslave", "rbind");
        assertThat(mount(spec, "/scratch").options()).containsExactly("size=1m", "nosuid", "nodev", "tmpcopyup");
        assertThat(spec.rootPropagation()).isEqualTo("rslave");
    }

    @Test
    void refusesMountsThatCannotBe() {
        refusedMount(
                new MountRequest.Bind("/no/such", "/x", List.of()),
                "the mount source /no/such does not exist on " + "the host; create it first or correct the path");
        refusedMount(
                new MountRequest.Bind("rel", "/x", List.of()),
                "the mount source 'rel' is not an absolute path of " + "the host");
        refusedMount(
                new MountRequest.Bind("/tmp", "/", List.of()),
                "a mount at '/' would replace the container's root; " + "mount it at a directory below");
        refusedMount(
                new MountRequest.Volume("../x", "/x", List.of()),
                "'../x' is not a volume's name (letters, digits, "
                        + "'_', '.' and '-', beginning with a letter or digit); begin a path of the host with '/' or './'");
        refusedMount(
                new MountRequest.Volume("v", "/data", List.of()),
                "the image has files at /data and copying them "
                        + "into a volume is not built yet; add the option nocopy to hide them");
        StorageRequest twice =
                storage(new MountRequest.Tmpfs("/x", List.of()), new MountRequest.Tmpfs("/x/", List.of()));
        refused(with(twice), ImageDefaults.NONE, "two mounts have the destination /x; give only one of them");
    }

    @Test
    void nothingStandsInForTheKernelsOwn() {
        for (String path : List.of("/proc", "/proc/self", "/proc/sys/kernel")) {
            assertThatThrownBy(() -> build(with(storage(new MountRequest.Tmpfs(path, List.of()))), ImageDefaults.NONE))
                    .isInstanceOf(UserException.class)
                    .hasMessageContaining("a mount at " + path + " would forge");
        }
        build(with(storage(new MountRequest.Bind("/proc", "/proc", List.of()))), ImageDefaults.NONE);
        build(with(storage(new MountRequest.Bind("/proc/uptime", "/proc/uptime", List.of()))), ImageDefaults.NONE);
        for (String path : List.of("/proc", "/sys/kernel", "/dev/../proc/self")) {
            ImageDefaults image = new ImageDefaults(List.of("x"), List.of(), List.of(), "", "", List.of(path));
            assertThatThrownBy(() -> build(RunRequest.of("img"), image))
                    .isInstanceOf(GuestException.class)
                    .hasMessageContaining("the image declares a volume at /");
        }
    }

    @Test
    void makesVolumes() throws IOException {
        Files.createDirectory(layer.resolve("var"));
        StorageRequest storage = storage(
                new MountRequest.Volume("kept", "/kept", List.of()), new MountRequest.Volume("", "/var", List.of()));
        ContainerSpec spec = build(with(storage), ImageDefaults.NONE);
        assertThat(mount(spec, "/kept").source()).isEqualTo(tmp + "/volumes/kept/_data");
        assertThat(Path.of(mount(spec, "/var").source())).isDirectory().startsWith(files);
    }

    @Test
    void imageVolumesKeepTheImagesContent() {
        ImageDefaults image =
                new ImageDefaults(List.of("x"), List.of(), List.of(), "", "", List.of("/data", "/absent"));
        ContainerSpec writable = build(RunRequest.of("img"), image);
        assertThat(destinations(writable)).contains("/absent").doesNotContain("/data");
        StorageRequest readonly = new StorageRequest(
                List.of(), List.of(), true, true, OptionalLong.empty(), StorageRequest.ImageVolumes.ANONYMOUS);
        ContainerSpec spec = build(with(readonly), image);
        assertThat(mount(spec, "/data").options()).contains("tmpcopyup");
        assertThat(mount(spec, "/tmp").type()).isEqualTo("tmpfs");
        assertThat(mount(spec, "/etc/hosts").options()).contains("ro");
    }

    @Test
    void passesDevicesOn() {
        StorageRequest storage = new StorageRequest(
                List.of(),
                List.of(new DeviceRequest("/dev/zero", "/dev/nil", "rw")),
                false,
                true,
                OptionalLong.empty(),
                StorageRequest.ImageVolumes.ANONYMOUS);
        ContainerSpec spec = build(with(storage), ImageDefaults.NONE);
        assertThat(spec.devices()).hasSize(1);
        assertThat(spec.devices().get(0).path()).isEqualTo("/dev/nil");
        assertThat(spec.devices().get(0).major()).isEqualTo(1);
        assertThat(spec.devices().get(0).minor()).isEqualTo(5);
        assertThat(spec.resources().deviceRules()).contains(new Resources.DeviceRule(true, 'c', 1, 5, "rw"));
        IdMaps all = new IdMaps(List.of(new IdMaps.Range(0, 1000, 65536)), List.of(new IdMaps.Range(0, 1000, 65536)));
        ContainerSpec rootless = SpecBuilder.build(with(storage), defaultCommand(ImageDefaults.NONE), site(all, true));
        assertThat(rootless.devices()).isEmpty();
        assertThat(mount(rootless, "/dev/nil").source()).isEqualTo("/dev/zero");
    }

    @Test
    void refusesDevicesThatAreNone() {
        refusedDevice(
                "/dev/no-such",
                "device /dev/no-such cannot be passed on: No such file or directory; name a "
                        + "device node of the host");
        refusedDevice("/etc/passwd", "/etc/passwd is not a device; use --volume to share a file or directory");
        refusedDevice("/etc/apt", "the directory /etc/apt holds no device; name a device node");
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
                false,
                IdMaps.NONE);
        ContainerSpec spec = build(with(namespaces), ImageDefaults.NONE);
        assertThat(spec.namespaces().pid()).isEqualTo(new Namespaces.Join("/proc/4711/ns/pid"));
        assertThat(spec.namespaces().uts()).isEqualTo(new Namespaces.Join("/run/uts"));
        assertThat(spec.hostname()).isEmpty();
        assertThat(mount(spec, "/dev/shm").source()).isEqualTo("/dev/shm");
    }

    private void refusedDevice(String source, String message) {
        StorageRequest storage = new StorageRequest(
                List.of(),
                List.of(new DeviceRequest(source, "/dev/x", "rwm")),
                false,
                true,
                OptionalLong.empty(),
                StorageRequest.ImageVolumes.ANONYMOUS);
        refused(with(storage), ImageDefaults.NONE, message);
    }

    private void refusedMount(MountRequest mount, String message) {
        refused(with(storage(mount)), ImageDefaults.NONE, message);
    }

    private void refused(RunRequest request, ImageDefaults image, String message) {
        assertThatThrownBy(() -> build(request, image))
                .isInstanceOf(UserException.class)
                .hasMessage(message);
    }

    private List<String> args(List<String> command, @Nullable List<String> entrypoint, ImageDefaults image) {
        return build(withCommand(command, entrypoint), image).process().args();
    }

    private ContainerSpec build(RunRequest request, ImageDefaults image) {
        boolean silent = request.process().command().isEmpty()
                && request.process().entrypoint().isEmpty();
        return SpecBuilder.build(request, silent ? defaultCommand(image) : image, site(IdMaps.NONE, false));
    }

    private static ImageDefaults defaultCommand(ImageDefaults image) {
        return image.equals(ImageDefaults.NONE)
                ? new ImageDefaults(List.of(), List.of("sh"), List.of(), "", "", List.of())
                : image;
    }

    private RunSite site(IdMaps maps, boolean rootless) {
        return new RunSite(
                ID,
                List.of(layer.toString()),
                tmp + "/upper",
                tmp + "/work",
                files,
                tmp.resolve("volumes"),
                maps,
                rootless,
                name -> 4711);
    }

    private static StorageRequest storage(MountRequest... mounts) {
        return new StorageRequest(
                List.of(mounts), List.of(), false, true, OptionalLong.empty(), StorageRequest.ImageVolumes.ANONYMOUS);
    }

    private static MountSpec mount(ContainerSpec spec, String destination) {
        for (MountSpec mount : spec.mounts()) {
            if (mount.destination().equals(destination)) {
                return mount;
            }
        }
        throw new AssertionError("no mount at " + destination + " in " + destinations(spec));
    }

    private static List<String> destinations(ContainerSpec spec) {
        List<String> destinations = new ArrayList<>();
        for (MountSpec mount : spec.mounts()) {
            destinations.add(mount.destination());
        }
        return destinations;
    }

    private static RunRequest withCommand(List<String> command, @Nullable List<String> entrypoint) {
        return with(new ProcessRequest(
                command,
                Optional.ofNullable(entrypoint),
                List.of(),
                List.of(),
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

    private static RunRequest with(Object part) {
        RunRequest d = RunRequest.of("img");
        return new RunRequest(
                d.image(),
                d.pull(),
                d.platform(),
                d.name(),
                d.isolation(),
                d.remove(),
                d.cidFile(),
                d.quiet(),
                d.registry(),
                part instanceof ProcessRequest process ? process : d.process(),
                part instanceof StorageRequest storage ? storage : d.storage(),
                part instanceof SecurityRequest security ? security : d.security(),
                part instanceof NamespaceRequest namespaces ? namespaces : d.namespaces(),
                part instanceof NetworkRequest network ? network : d.network(),
                d.resources(),
                d.labels(),
                d.annotations());
    }
}
