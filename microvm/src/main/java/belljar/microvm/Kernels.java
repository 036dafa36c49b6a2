package belljar.microvm;

import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.image.AptFiles;
import belljar.image.AptRequest;
import belljar.image.Progress;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The kernels for guests that are kept on this host. They are the distribution's own, from its own archive, unpacked
 * without being installed. A kernel is a directory below {@code ROOT/kernels}, which comes to be under another name and
 * gets its own when it is complete.
 *
 * <p>Safe for use by several threads and processes.
 */
public final class Kernels {
    /** The distribution's kernel for machines that are virtual; a package that depends on the newest. */
    public static final String PACKAGE = "linux-image-cloud-amd64";

    /** What a kernel depends on for being installed, and not for running. */
    private static final List<String> WITHOUT = List.of("initramfs-tools", "kmod", "linux-base");

    private static final String IMAGE = "boot/vmlinuz-";
    private static final String KERNEL = "vmlinuz";
    private static final String MODULES = "modules";
    private static final String ORDER = "order";

    private final Path directory;
    private final Path downloads;

    private Kernels(Path directory, Path downloads) {
        this.directory = directory;
        this.downloads = downloads;
    }

    /**
     * {@return the kernels below a root}
     *
     * @param root where Belljar keeps what outlives a boot
     */
    public static Kernels open(Path root) {
        return new Kernels(
                root.resolve("kernels"), root.toAbsolutePath().resolve("cache").resolve("apt"));
    }

    /** {@return where the machine's package manager keeps what it downloads} */
    Path downloads() {
        return downloads;
    }

    /** {@return where kernels are kept} */
    Path directory() {
        return directory;
    }

    /**
     * Fetches a kernel, or finds it where it has been fetched before.
     *
     * @param name the package, such as {@link #PACKAGE}
     * @param progress told how far it is
     * @return the kernel
     * @throws UserException if there is no such package, or no kernel in it
     * @throws HostException if it cannot be had or kept
     */
    public GuestKernel pull(String name, Progress progress) {
        SortedMap<String, byte[]> files = AptFiles.read(
                AptRequest.parse(AptRequest.PREFIX + name),
                WITHOUT,
                downloads,
                progress,
                path -> path.startsWith(IMAGE) || path.startsWith("usr/lib/modules/") && ModuleFile.isOne(path));
        String release = "";
        for (String path : files.keySet()) {
            if (path.startsWith(IMAGE)) {
                release = path.substring(IMAGE.length());
            }
        }
        byte[] image = files.get(IMAGE + release);
        if (release.isEmpty() || image == null) {
            throw new UserException("the package " + name + " has no kernel in it; the usual one is called " + PACKAGE);
        }
        try {
            return keep(release, image, files);
        } catch (IOException e) {
            throw new HostException("cannot keep the kernel " + release + " in " + directory + ": " + e, e);
        }
    }

    private GuestKernel keep(String release, byte[] image, Map<String, byte[]> files) throws IOException {
        Path place = directory.resolve(release);
        if (isComplete(place)) {
            return kernel(place);
        }
        Files.createDirectories(directory);
        Path draft = Files.createTempDirectory(directory, ".draft-");
        try {
            Path modules = Files.createDirectory(draft.resolve(MODULES));
            List<String> order = new ArrayList<>();
            for (ModuleFile module : new KernelModules(new TreeMap<>(files)).inOrder(KernelModules.USUAL)) {
                Files.write(modules.resolve(module.name() + ".ko"), module.content());
                order.add(module.name());
            }
            Files.write(modules.resolve(ORDER), order);
            Files.write(draft.resolve(KERNEL), image);
            try {
                Files.move(draft, place, StandardCopyOption.ATOMIC_MOVE);
            } catch (IOException e) {
                // Another process was faster, or it is what an older Belljar left; a complete one is as good as ours.
                if (!isComplete(place)) {
                    throw e;
                }
            }
        } finally {
            remove(draft);
        }
        return kernel(place);
    }

    private static boolean isComplete(Path place) {
        return Files.exists(place.resolve(KERNEL));
    }

    private static GuestKernel kernel(Path place) {
        return new GuestKernel(String.valueOf(place.getFileName()), place.resolve(KERNEL), place.resolve(MODULES));
    }

    /** {@return the kernel that was fetched last, if there is one} */
    public Optional<GuestKernel> newest() {
        return list().stream().max(Comparator.comparingLong(Kernels::time));
    }

    private static long time(GuestKernel kernel) {
        try {
            return Files.getLastModifiedTime(kernel.image()).toMillis();
        } catch (IOException vanished) {
            return 0;
        }
    }

    /** {@return all kernels that are kept, by name} */
    public List<GuestKernel> list() {
        List<GuestKernel> kernels = new ArrayList<>();
        if (!Files.isDirectory(directory)) {
            return kernels;
        }
        try (DirectoryStream<Path> places = Files.newDirectoryStream(directory)) {
            for (Path place : places) {
                if (isComplete(place) && !String.valueOf(place.getFileName()).startsWith(".")) {
                    kernels.add(kernel(place));
                }
            }
        } catch (IOException e) {
            throw new HostException("cannot read " + directory + ": " + e, e);
        }
        kernels.sort(Comparator.comparing(GuestKernel::release));
        return kernels;
    }

    /**
     * {@return the modules that a guest loads, in the order in which it does}
     *
     * @param kernel the kernel
     * @throws HostException if they cannot be read
     */
    static SortedMap<Integer, ModuleFile> modules(GuestKernel kernel) {
        SortedMap<Integer, ModuleFile> modules = new TreeMap<>();
        try {
            for (String name : Files.readAllLines(kernel.modules().resolve(ORDER))) {
                Path file = kernel.modules().resolve(name + ".ko");
                modules.put(modules.size(), new ModuleFile(name, Files.readAllBytes(file), List.of()));
            }
        } catch (IOException e) {
            throw new HostException(
                    "cannot read the modules of kernel " + kernel.release() + ": " + e + "; remove the directory of "
                            + kernel.image() + " and fetch it again with vm kernel pull",
                    e);
        }
        return modules;
    }

    private static void remove(Path tree) throws IOException {
        if (!Files.exists(tree)) {
            return;
        }
        try (Stream<Path> all = Files.walk(tree)) {
            for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        }
    }
}
