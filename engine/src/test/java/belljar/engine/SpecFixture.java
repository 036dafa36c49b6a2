package belljar.engine;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.UserException;
import belljar.sandbox.ContainerSpec;
import belljar.sandbox.IdMaps;
import belljar.sandbox.MountSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A small image on disk and the specifications that are built from it. */
abstract class SpecFixture {
    private static final String ID = "0123456789abcdef0123456789abcdef";

    @TempDir
    Path tmp;

    Path layer;
    Path files;

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

    void refused(RunRequest request, ImageDefaults image, String message) {
        assertThatThrownBy(() -> build(request, image))
                .isInstanceOf(UserException.class)
                .hasMessage(message);
    }

    ContainerSpec build(RunRequest request, ImageDefaults image) {
        boolean silent = request.process().command().isEmpty()
                && request.process().entrypoint().isEmpty();
        return SpecBuilder.build(request, silent ? defaultCommand(image) : image, site(IdMaps.NONE, false));
    }

    static ImageDefaults defaultCommand(ImageDefaults image) {
        return image.equals(ImageDefaults.NONE)
                ? new ImageDefaults(List.of(), List.of("sh"), List.of(), "", "", List.of())
                : image;
    }

    RunSite site(IdMaps maps, boolean rootless) {
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

    static MountSpec mount(ContainerSpec spec, String destination) {
        for (MountSpec mount : spec.mounts()) {
            if (mount.destination().equals(destination)) {
                return mount;
            }
        }
        throw new AssertionError("no mount at " + destination + " in " + destinations(spec));
    }

    static List<String> destinations(ContainerSpec spec) {
        List<String> destinations = new ArrayList<>();
        for (MountSpec mount : spec.mounts()) {
            destinations.add(mount.destination());
        }
        return destinations;
    }

    static RunRequest withCommand(List<String> command, @Nullable List<String> entrypoint) {
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

    static RunRequest with(Object part) {
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
