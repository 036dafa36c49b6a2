package belljar.image;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.HostException;
import belljar.failure.UserException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** With the machine's apt and its archive. */
final class AptSourceTest {
    @TempDir
    static Path directory;

    private static final Map<String, StoredImage> BUILT = new HashMap<>();

    @BeforeAll
    static void needsApt() {
        Assumptions.assumeTrue(Files.isExecutable(Path.of("/usr/bin/apt-get")), "needs apt-get");
    }

    private static ContentStore store() {
        return ContentStore.open(directory.resolve("store"));
    }

    private static StoredImage build(String reference) {
        return AptSource.of(AptRequest.parse(reference), directory.resolve("apt"))
                .fetchInto(store(), Progress.NONE);
    }

    private static StoredImage once(String reference) {
        return BUILT.computeIfAbsent(reference, AptSourceTest::build);
    }

    private static Path layer(String reference) {
        return store().path(once(reference).config().diffIds().getFirst());
    }

    /** The layer as a tree of ours, whose links are followed inside it. */
    private static DebTree tree(String reference, DebSpool spool) throws IOException {
        DebTree tree = new DebTree();
        DebControl owner = new DebControl("layer", "1", "amd64", Set.of());
        Map<String, DebNode> files = new HashMap<>();
        try (InputStream in = new BufferedInputStream(Files.newInputStream(layer(reference)))) {
            TarReader reader = TarReader.of(in);
            for (Optional<TarEntry> next = reader.next(); next.isPresent(); next = reader.next()) {
                TarEntry entry = next.get();
                DebNode.Meta meta = DebNode.Meta.root(entry.mode());
                DebNode node = switch (entry.type()) {
                    case DIRECTORY -> new DebNode.Directory(meta);
                    case FILE -> new DebNode.Regular(meta, spool.add(reader.content()));
                    case SYMLINK -> new DebNode.Link(meta, entry.linkName());
                    case HARD_LINK -> requireNonNull(files.get(entry.linkName()));
                    case CHAR_DEVICE, BLOCK_DEVICE, FIFO -> throw new AssertionError(entry.name());
                };
                files.put(entry.name(), node);
                tree.add(owner, entry.name(), node);
            }
        }
        return tree;
    }

    @ParameterizedTest
    @ValueSource(strings = {"apt:busybox-static", "apt:bash"})
    void givesTheSameDigestTwice(String reference) {
        StoredImage first = once(reference);
        // Nothing of the first is there to be found again but the packages.
        StoredImage second = AptSource.of(AptRequest.parse(reference), directory.resolve("apt"))
                .fetchInto(ContentStore.open(directory.resolve("other-store")), Progress.NONE);

        assertThat(second.id()).isEqualTo(first.id());
        assertThat(second.manifest()).isEqualTo(first.manifest());
    }

    @Test
    void isFoundAgainUnderItsNormalName() {
        StoredImage image = build("apt:mawk,busybox-static");

        assertThat(store().byAlias(
                                AptRequest.parse("apt:busybox-static,mawk,mawk").name()))
                .hasValueSatisfying(found -> assertThat(found.id()).isEqualTo(image.id()));
    }

    @ParameterizedTest
    @CsvSource({
        "apt:busybox-static, usr/bin/busybox",
        "apt:bash, usr/bin/bash",
        "apt:python3, usr/bin/python3",
        "apt:perl, usr/bin/perl",
        "apt:redis-server, usr/bin/redis-server",
        "apt:openjdk-17-jre-headless, usr/bin/java",
    })
    void holdsEverythingItsProgramsNeedToStart(String reference, String program) throws IOException {
        try (DebSpool spool = DebSpool.open(directory)) {
            DebTree tree = tree(reference, spool);

            assertThat(tree.resolve(program)).isNotEmpty();
            List<String> missing = new ArrayList<>();
            for (String path : tree.nodes().keySet()) {
                boolean programs =
                        path.startsWith("usr/bin/") || path.startsWith("usr/sbin/") || path.contains("/bin/");
                if (programs && tree.nodes().get(path) instanceof DebNode.Regular file) {
                    check(tree, path, file, missing);
                }
            }
            assertThat(missing).isEmpty();
        }
    }

    private static void check(DebTree tree, String path, DebNode.Regular file, List<String> missing)
            throws IOException {
        try (InputStream in = file.content().open()) {
            Optional<ElfNeeds> needs = ElfNeeds.read(in.readAllBytes());
            if (needs.isEmpty()) {
                return;
            }
            String interpreter = needs.get().interpreter();
            if (!interpreter.isEmpty() && tree.resolve(interpreter).isEmpty()) {
                missing.add(path + ": " + interpreter);
            }
            List<String> directories = new ArrayList<>(List.of("usr/lib/x86_64-linux-gnu", "usr/lib"));
            String origin = path.substring(0, path.lastIndexOf('/'));
            needs.get().paths().forEach(each -> directories.add(each.replace("$ORIGIN", origin)));
            for (String library : needs.get().libraries()) {
                if (directories.stream()
                        .allMatch(
                                each -> tree.resolve(flat(each) + "/" + library).isEmpty())) {
                    missing.add(path + ": " + library);
                }
            }
        }
    }

    private static String flat(String path) {
        return Path.of("/" + path).normalize().toString();
    }

    @Test
    void leavesOutWhatOnlyInstallsPackages() throws IOException {
        try (DebSpool spool = DebSpool.open(directory)) {
            DebTree tree = tree("apt:redis-server", spool);

            assertThat(tree.resolve("usr/bin/dpkg")).isEmpty();
            assertThat(tree.resolve("usr/bin/apt-get")).isEmpty();
            assertThat(tree.resolve("usr/bin/perl")).isEmpty();
        }
        assertThat(once("apt:redis-server").config().labels().get("belljar.apt.packages"))
                .contains("redis-server=")
                .doesNotContain("dpkg=")
                .doesNotContain("usrmerge=");
    }

    @Test
    void bringsInDpkgWhenItIsNamed() throws IOException {
        try (DebSpool spool = DebSpool.open(directory)) {
            assertThat(tree("apt:dpkg", spool).resolve("usr/bin/dpkg")).isNotEmpty();
        }
    }

    @Test
    void recordsVersionsTimesAndWhatToRun() {
        ImageConfig config = once("apt:bash").config();

        assertThat(config.labels().get("belljar.apt.packages"))
                .matches("base-files=\\S+ amd64, bash=\\S+ amd64, .*libc6=\\S+ amd64, .*");
        assertThat(config.cmd()).containsExactly("/bin/bash");
        assertThat(config.created()).matches("20\\d\\d-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ");
        assertThat(config.platform()).isEqualTo(Platform.HOST);
        // In any process the same: an order that differs would be another digest.
        assertThat(config.json().toString()).containsSubsequence("belljar.apt.packages", "belljar.apt.request");
    }

    @Test
    void takesAPackageInItsVersion() {
        String packages = once("apt:bash").config().labels().getOrDefault("belljar.apt.packages", "");
        String version = packages.replaceAll(".*, bash=(\\S+) .*", "$1");

        assertThat(build("apt:bash=" + version).config().diffIds())
                .isEqualTo(once("apt:bash").config().diffIds());
    }

    @Test
    void saysWhatIsWrongWithAPackage() {
        assertThatThrownBy(() -> build("apt:busybox-sttaic"))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("no package 'busybox-sttaic'")
                .hasMessageContaining("did you mean busybox-static");
        assertThatThrownBy(() -> build("apt:py.hon3"))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("no package 'py.hon3'");
        assertThatThrownBy(() -> build("apt:bash=0.0.1"))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("package 'bash' has no version '0.0.1'");
        assertThatThrownBy(() -> build("apt:awk"))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("mawk");
    }

    @Test
    void fetchesListsOfItsOwnWhereTheHostHasNone() {
        AptDirectories directories =
                new AptDirectories(directory.resolve("apt-without-lists"), directory.resolve("no-lists"));
        StoredImage image = AptSource.of(AptRequest.parse("apt:busybox-static"), directories)
                .fetchInto(store(), Progress.NONE);

        assertThat(AptDirectories.hasLists(directories.ownLists())).isTrue();
        assertThat(image.config().cmd()).containsExactly("/bin/sh");
    }

    @Test
    void fetchesListsOfItsOwnWhereTheHostsAreOutOfDate() throws IOException {
        Path host = Path.of("/var/lib/apt/lists");
        Path stale = Files.createDirectories(directory.resolve("stale-lists"));
        int replaced = 0;
        try (var files = Files.newDirectoryStream(host, "*_*")) {
            for (Path file : files) {
                String name = file.getFileName().toString();
                int packages = name.indexOf("_main_binary-amd64_Packages");
                if (packages >= 0) {
                    replaced++;
                    Files.writeString(stale.resolve(name.substring(0, packages) + "_main_binary-amd64_Packages"), """
                            Package: busybox-static
                            Version: 9999:1
                            Architecture: amd64
                            Filename: pool/main/b/busybox/gone-long-ago.deb
                            Size: 1
                            SHA256: 0000000000000000000000000000000000000000000000000000000000000000
                            """);
                } else if (Files.isRegularFile(file)) {
                    Files.copy(file, stale.resolve(name), StandardCopyOption.COPY_ATTRIBUTES);
                }
            }
        }
        Assumptions.assumeTrue(replaced > 0, "needs package lists of the host's apt");
        AptDirectories directories = new AptDirectories(directory.resolve("apt-stale"), stale);

        StoredImage image = AptSource.of(AptRequest.parse("apt:busybox-static"), directories)
                .fetchInto(store(), Progress.NONE);

        assertThat(AptDirectories.hasLists(directories.ownLists())).isTrue();
        assertThat(image.config().labels().get("belljar.apt.packages")).doesNotContain("9999:1");
    }

    @Test
    void removesADamagedPackageFromTheCache() throws IOException {
        once("apt:busybox-static");
        Path archives = directory.resolve("apt/archives");
        Path file;
        try (var files = Files.newDirectoryStream(archives, "busybox-static_*.deb")) {
            file = files.iterator().next();
        }
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        Files.write(file, bytes);

        assertThatThrownBy(() -> build("apt:busybox-static"))
                .isInstanceOf(HostException.class)
                .hasMessageContaining("cannot unpack package 'busybox-static'")
                .hasMessageContaining("was removed");
        assertThat(build("apt:busybox-static").id())
                .isEqualTo(once("apt:busybox-static").id());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "apt:busybox-static | /bin/busybox echo ok",
                "apt:busybox-static | /bin/sh -c 'echo ok'",
                "apt:bash | /bin/bash -c 'echo ok'",
                "apt:python3 | /usr/bin/python3 -c 'import ssl, sqlite3, pwd; print(\"ok\")'",
                "apt:perl | /usr/bin/perl -e 'use POSIX; print \"ok\"'",
                "apt:redis-server | /usr/bin/redis-server --version",
                "apt:openjdk-17-jre-headless | /usr/bin/java -version",
            })
    void runs(String reference, String command) throws Exception {
        Assumptions.assumeTrue(Boolean.TRUE.equals(isRoot()), "needs root to change the root directory");
        Path root = Files.createDirectories(directory.resolve("root-" + reference.replace(':', '-')));
        // The tree is on a file system of the namespace's own, and goes with it.
        String script =
                "set -e; mount -t tmpfs tmpfs \"$2\"; tar -xpf \"$1\" -C \"$2\"; mount -t proc proc \"$2/proc\"; mount --bind /dev \"$2/dev\"; "
                        + "exec chroot \"$2\" "
                        + command;
        Process process = new ProcessBuilder(
                        "unshare",
                        "-m",
                        "sh",
                        "-c",
                        script,
                        "sh",
                        layer(reference).toString(),
                        root.toString())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(output).containsAnyOf("ok", "Redis server v=", "OpenJDK Runtime Environment");
        assertThat(process.exitValue()).as(output).isZero();
    }

    private static Boolean isRoot() throws IOException {
        return Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
    }
}
