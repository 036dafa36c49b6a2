package belljar.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import belljar.failure.GuestException;
import belljar.failure.UserException;
import belljar.sandbox.ContainerSpec;
import belljar.sandbox.IdMaps;
import belljar.sandbox.Resources;
import belljar.volume.VolumeStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

final class SpecMountsTest extends SpecFixture {
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
        assertThat(mount(spec, "/scratch").options()).containsExactly("size=1m", "nosuid", "nodev");
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
    void makesVolumesThatStayTheSameForTheirContainer() throws IOException {
        assumeRoot();
        Files.createDirectory(layer.resolve("var"));
        StorageRequest storage = storage(
                new MountRequest.Volume("kept", "/kept", List.of()), new MountRequest.Volume("", "/var", List.of()));
        ContainerSpec spec = build(with(storage), ImageDefaults.NONE);
        assertThat(mount(spec, "/kept").source()).isEqualTo(tmp + "/volumes/kept/_data");
        Path anonymous = Path.of(mount(spec, "/var").source());
        assertThat(anonymous).isDirectory().startsWith(tmp.resolve("volumes"));
        assertThat(mount(build(with(storage), ImageDefaults.NONE), "/var").source())
                .isEqualTo(anonymous.toString());
    }

    @Test
    void copiesWhatTheImageHasIntoANewVolume() throws Exception {
        assumeRoot();
        Files.writeString(layer.resolve("data/content"), "of the image");
        Files.createSymbolicLink(layer.resolve("data/link"), Path.of("/etc/passwd"));
        Files.createLink(layer.resolve("data/twin"), layer.resolve("data/content"));
        Files.setAttribute(layer.resolve("data/content"), "unix:uid", 33);
        Files.setAttribute(layer.resolve("data"), "unix:gid", 34);
        Files.setPosixFilePermissions(layer.resolve("data"), PosixFilePermissions.fromString("rwxrwx---"));
        MountRequest volume = new MountRequest.Volume("v", "/data", List.of());
        build(with(storage(volume)), ImageDefaults.NONE);
        Path data = tmp.resolve("volumes/v/_data");
        assertThat(data.resolve("content")).hasContent("of the image");
        assertThat(Files.readSymbolicLink(data.resolve("link"))).hasToString("/etc/passwd");
        assertThat(Files.getAttribute(data.resolve("content"), "unix:ino"))
                .isEqualTo(Files.getAttribute(data.resolve("twin"), "unix:ino"));
        assertThat(Files.getAttribute(data.resolve("content"), "unix:uid")).isEqualTo(33);
        assertThat(Files.getAttribute(data, "unix:gid")).isEqualTo(34);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(data)))
                .isEqualTo("rwxrwx---");
        assertThat(files.resolve("fill")).doesNotExist();
        Files.writeString(data.resolve("content"), "of the user");
        Files.delete(data.resolve("twin"));
        build(with(storage(volume)), ImageDefaults.NONE);
        assertThat(data.resolve("content")).hasContent("of the user");
        assertThat(data.resolve("twin")).doesNotExist();
    }

    @Test
    void copiesNothingWhereThatIsUnwanted() {
        assumeRoot();
        build(with(storage(new MountRequest.Volume("v", "/data", List.of("nocopy")))), ImageDefaults.NONE);
        assertThat(tmp.resolve("volumes/v/_data")).isEmptyDirectory();
    }

    @Test
    void givesVolumesAndDirectoriesToTheContainersUserWhenAsked() throws IOException {
        assumeRoot();
        Path shared = Files.createDirectories(tmp.resolve("shared/deep"));
        Files.createSymbolicLink(shared.resolve("out"), layer);
        StorageRequest storage = storage(
                new MountRequest.Volume("v", "/data", List.of("U")),
                new MountRequest.Bind(tmp + "/shared", "/shared", List.of("U")));
        ImageDefaults image = new ImageDefaults(List.of("x"), List.of(), List.of(), "web", "", List.of());
        ContainerSpec spec = build(with(storage), image);
        assertThat(mount(spec, "/data").options()).doesNotContain("U");
        for (String path : List.of("volumes/v/_data", "volumes/v/_data/content", "shared", "shared/deep/out")) {
            assertThat(Files.getAttribute(tmp.resolve(path), "unix:uid", LinkOption.NOFOLLOW_LINKS))
                    .as(path)
                    .isEqualTo(33);
        }
        assertThat(Files.getAttribute(layer, "unix:uid")).isEqualTo(0);
        refusedMount(
                new MountRequest.Bind("/usr/", "/x", List.of("U")),
                "the option U would give the host's /usr/ to the container's user; mount a directory below it, or"
                        + " leave U out");
    }

    @Test
    void imageVolumesAreAnonymousVolumesUnlessChosenOtherwise() {
        assumeRoot();
        ImageDefaults image =
                new ImageDefaults(List.of("x"), List.of(), List.of(), "", "", List.of("/data", "/absent"));
        ContainerSpec writable = build(RunRequest.of("img"), image);
        assertThat(Path.of(mount(writable, "/data").source()).resolve("content"))
                .exists()
                .satisfies(path ->
                        assertThat(path.startsWith(tmp.resolve("volumes"))).isTrue());
        assertThat(destinations(writable)).contains("/absent");
        StorageRequest readonly = new StorageRequest(
                List.of(), List.of(), true, true, OptionalLong.empty(), StorageRequest.ImageVolumes.TMPFS);
        ContainerSpec spec = build(with(readonly), image);
        assertThat(mount(spec, "/data").options()).contains("tmpcopyup");
        assertThat(mount(spec, "/tmp").type()).isEqualTo("tmpfs");
        assertThat(mount(spec, "/etc/hosts").options()).contains("ro");
        StorageRequest ignored = new StorageRequest(
                List.of(), List.of(), false, true, OptionalLong.empty(), StorageRequest.ImageVolumes.IGNORE);
        assertThat(destinations(build(with(ignored), image))).doesNotContain("/data", "/absent");
    }

    @Test
    void volumesWithOptionsAreMountedFromElsewhere() {
        VolumeStore store = Volumes.store(tmp.resolve("volumes"));
        store.create("host", false, Map.of(), Map.of("o", "bind,ro", "device", files.toString()));
        store.create("memory", false, Map.of(), Map.of("type", "tmpfs", "o", "size=1m"));
        ContainerSpec spec = build(
                with(storage(
                        new MountRequest.Volume("host", "/host", List.of()),
                        new MountRequest.Volume("memory", "/memory", List.of()))),
                ImageDefaults.NONE);
        assertThat(mount(spec, "/host").source()).isEqualTo(files.toString());
        assertThat(mount(spec, "/host").options()).contains("ro", "bind");
        assertThat(mount(spec, "/memory").type()).isEqualTo("tmpfs");
        assertThat(mount(spec, "/memory").options()).contains("size=1m");
    }

    private static void assumeRoot() {
        assumeTrue(!IdMapping.rootless(), "an image is mounted for this, which is tested as root");
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

    private static StorageRequest storage(MountRequest... mounts) {
        return new StorageRequest(
                List.of(mounts), List.of(), false, true, OptionalLong.empty(), StorageRequest.ImageVolumes.ANONYMOUS);
    }
}
