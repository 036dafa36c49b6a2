package belljar.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.HostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FsTest {
    private final Fs fs = Fs.HOST;

    @TempDir
    Path directory;

    private int dir;

    @BeforeEach
    void openDirectory() {
        dir = fs.open(At.FDCWD, directory.toString(), OpenFlags.DIRECTORY, 0);
    }

    @AfterEach
    void closeDirectory() {
        fs.close(dir);
    }

    @Test
    void writesAndReadsMoreThanALoanHolds() throws Exception {
        byte[] content = new byte[300_001];
        new Random(1).nextBytes(content);
        int fd = fs.open(dir, "big", OpenFlags.CREAT | OpenFlags.RDWR, 0644);
        fs.content().write(fd, content, 1, 300_000);
        fs.content().pwrite(fd, content, 0, 1, 5);
        byte[] back = new byte[400_000];
        assertThat(fs.content().pread(fd, back, 0, back.length, 0)).isEqualTo(300_000);
        assertThat(back[5]).isEqualTo(content[0]);
        assertThat(back[299_999]).isEqualTo(content[300_000]);
        fs.content().trySeek(fd, 0, 0);
        assertThat(fs.content().readAll(fd, 300_000)).hasSize(300_000);
        fs.content().trySeek(fd, 0, 0);
        assertThatThrownBy(() -> fs.content().readAll(fd, 299_999)).hasMessageContaining("EFBIG");
        fs.close(fd);
        assertThat(Files.size(directory.resolve("big"))).isEqualTo(300_000);
    }

    @Test
    void sameCallsWorkThroughAStub() throws Exception {
        byte[] content = new byte[600_000];
        new Random(2).nextBytes(content);
        try (Stub stub = Stub.start(0, -1, -1, -1)) {
            Fs remote = new Fs(stub);
            int there = remote.open(At.FDCWD, directory.toString(), OpenFlags.DIRECTORY, 0);
            int fd = remote.open(there, "file", OpenFlags.CREAT | OpenFlags.WRONLY, 0600);
            remote.content().write(fd, content, 0, content.length);
            remote.close(fd);
            assertThat(remote.mkdir(there, "d", 0755)).isTrue();
            assertThat(remote.list(there)).extracting(DirectoryEntry::name).containsExactlyInAnyOrder("file", "d");
            assertThat(remote.removeTree(there, "d")).isTrue();
        }
        assertThat(Files.readAllBytes(directory.resolve("file"))).isEqualTo(content);
    }

    @Test
    void saysWhatFailed() {
        assertThatThrownBy(() -> fs.mkdir(dir, "no/such", 0755))
                .isInstanceOf(HostException.class)
                .hasMessage("make directory no/such: ENOENT (No such file or directory)");
        assertThatThrownBy(() -> fs.open(dir, "a\033[2Jb", 0, 0)).hasMessageStartingWith("open a\\x1b[2Jb: ENOENT");
    }

    @Test
    void tellsExistingNamesFromNewOnes() {
        assertThat(fs.mkdir(dir, "d", 0755)).isTrue();
        assertThat(fs.mkdir(dir, "d", 0755)).isFalse();
        assertThat(fs.symlink("x", dir, "d")).isFalse();
        assertThat(fs.find(dir, "nothing")).isEmpty();
        assertThat(fs.unlink(dir, "nothing", 0)).isFalse();
    }

    @Test
    void keepsNamesThatAreNotUtf8() throws Exception {
        byte[] raw = {'a', (byte) 0xff, (byte) 0xc3, 'z', (byte) 0xe2, (byte) 0x82, (byte) 0xac};
        String name = FileName.decode(raw, 0, raw.length);
        assertThat(FileName.encode(name)).isEqualTo(raw);
        fs.close(fs.open(dir, name, OpenFlags.CREAT | OpenFlags.WRONLY, 0600));
        assertThat(fs.list(dir)).extracting(DirectoryEntry::name).containsExactly(name);
        assertThat(FileName.show(name)).isEqualTo("a\\xff\\xc3z\u20ac");
        assertThat(fs.symlink(name, dir, "link")).isTrue();
        assertThat(fs.readlink(dir, "link")).isEqualTo(name);
    }

    @Test
    void encodesWhatItDecodes() {
        Random random = new Random(3);
        for (int i = 0; i < 2000; i++) {
            byte[] raw = new byte[random.nextInt(12)];
            random.nextBytes(raw);
            assertThat(FileName.encode(FileName.decode(raw, 0, raw.length))).isEqualTo(raw);
        }
        String text = "caf\u00e9 \u20ac \ud83d\ude00";
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        assertThat(FileName.decode(bytes, 0, bytes.length)).isEqualTo(text);
        assertThat(FileName.encode(text)).isEqualTo(bytes);
    }

    @Test
    void changesModeAndTimesButNeverThroughALink() throws Exception {
        fs.close(fs.open(dir, "target", OpenFlags.CREAT | OpenFlags.WRONLY, 0600));
        fs.symlink("target", dir, "link");
        assertThatThrownBy(() -> fs.chmod(dir, "link", 0777)).hasMessageContaining("EOPNOTSUPP");
        assertThat(fs.find(dir, "target").orElseThrow().permissions()).isEqualTo(0600);
        fs.chmod(dir, "target", 04711);
        assertThat(fs.find(dir, "target").orElseThrow().permissions()).isEqualTo(04711);
        int handle = fs.open(dir, "target", OpenFlags.PATH, 0);
        fs.chmod(handle, 0640);
        fs.close(handle);
        assertThat(fs.find(dir, "target").orElseThrow().permissions()).isEqualTo(0640);
        fs.times(dir, "link", 7, 8, -5, 999_999_999);
        Stat link = fs.find(dir, "link").orElseThrow();
        assertThat(link.modifySeconds()).isEqualTo(-5);
        assertThat(link.modifyNanos()).isEqualTo(999_999_999);
        assertThat(fs.find(dir, "target").orElseThrow().modifySeconds()).isGreaterThan(1000);
        fs.times(dir, "target", 0, Fs.TIME_OMIT, 12, 13);
        assertThat(fs.find(dir, "target").orElseThrow().modifySeconds()).isEqualTo(12);
    }

    @Test
    void readsAndWritesExtendedAttributesByBothKindsOfDescriptor() {
        int fd = fs.open(dir, "file", OpenFlags.CREAT | OpenFlags.WRONLY, 0600);
        int handle = fs.open(dir, "file", OpenFlags.PATH, 0);
        Assumptions.assumeTrue(
                fs.xattrs().trySet(fd, "user.a", new byte[] {1, 0, 2}) == 0, "the file system has no user attributes");
        fs.xattrs().set(handle, "user.b", new byte[0]);
        assertThat(fs.xattrs().get(handle, "user.a")).hasValue(new byte[] {1, 0, 2});
        assertThat(fs.xattrs().get(fd, "user.b")).hasValue(new byte[0]);
        assertThat(fs.xattrs().get(fd, "user.c")).isEmpty();
        assertThat(fs.xattrs().list(handle)).contains("user.a", "user.b");
        assertThat(fs.xattrs().remove(handle, "user.a")).isTrue();
        assertThat(fs.xattrs().remove(fd, "user.a")).isFalse();
        assertThat(fs.xattrs().list(fd)).contains("user.b").doesNotContain("user.a");
        fs.close(fd);
        fs.close(handle);
    }

    @Test
    void openat2RefusesToLeave() throws Exception {
        fs.mkdir(dir, "in", 0755);
        fs.symlink("/etc", dir, "in/out");
        int in = fs.open(dir, "in", OpenFlags.PATH, 0);
        assertThat(fs.tryOpen(in, "out/passwd", OpenHow.beneath(0))).isEqualTo(-Errno.ELOOP);
        assertThat(fs.tryOpen(in, "../in", OpenHow.beneath(0))).isEqualTo(-Errno.EXDEV);
        assertThat(fs.tryOpen(in, "out/passwd", OpenHow.inRoot(0))).isEqualTo(-Errno.ENOENT);
        fs.close(in);
    }

    @Test
    void listsManyNames() {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < 3000; i++) {
            String name = "name-of-some-length-" + i;
            names.add(name);
            fs.mknod(dir, name, Stat.REGULAR | 0600, 0);
        }
        assertThat(fs.list(dir)).extracting(DirectoryEntry::name).containsExactlyInAnyOrderElementsOf(names);
        assertThat(fs.list(dir)).hasSize(3000).allMatch(e -> e.type() == Stat.REGULAR || e.type() == 0);
    }

    @Test
    void removesTreesWithoutFollowingLinks() throws Exception {
        Path outside = Files.createDirectories(directory.resolve("outside/kept"));
        Path tree = Files.createDirectories(directory.resolve("tree/a/b"));
        Files.createSymbolicLink(tree.resolve("link"), outside);
        Files.createSymbolicLink(directory.resolve("tree/up"), directory);
        Files.writeString(tree.resolve("file"), "x");
        Files.createDirectories(directory.resolve("tree/.belljar-removed-0/x"));
        assertThat(fs.removeTree(dir, "tree")).isTrue();
        assertThat(fs.removeTree(dir, "tree")).isFalse();
        Files.createSymbolicLink(directory.resolve("alias"), outside);
        assertThat(fs.removeTree(dir, "alias")).isTrue();
        assertThat(outside).exists();
        assertThat(fs.list(dir)).extracting(DirectoryEntry::name).containsExactly("outside");
    }

    @Test
    void removesTreesOfAnyDepth() {
        fs.mkdir(dir, "deep", 0755);
        int at = fs.open(dir, "deep", OpenFlags.DIRECTORY, 0);
        for (int i = 0; i < 3000; i++) {
            fs.mkdir(at, "d", 0755);
            fs.mkdir(at, ".belljar-removed-0", 0755);
            int next = fs.open(at, "d", OpenFlags.DIRECTORY, 0);
            fs.close(at);
            at = next;
        }
        fs.close(at);
        assertThat(fs.removeTree(dir, "deep")).isTrue();
        assertThat(fs.list(dir)).isEmpty();
    }

    @Test
    void locksAgainstOthers() {
        int one = fs.open(dir, "lock", OpenFlags.CREAT | OpenFlags.RDWR, 0600);
        int two = fs.open(dir, "lock", OpenFlags.RDWR, 0);
        assertThat(fs.content().lock(one, true, false)).isTrue();
        assertThat(fs.content().lock(two, false, false)).isFalse();
        fs.content().unlock(one);
        assertThat(fs.content().lock(two, false, false)).isTrue();
        fs.close(one);
        fs.close(two);
    }

    @Test
    void numbersDevicesAsTheKernelDoes() {
        Stat nothing = fs.find(At.FDCWD, "/dev/null").orElseThrow();
        assertThat(nothing.rdevMajor()).isEqualTo(1);
        assertThat(nothing.rdevMinor()).isEqualTo(3);
        assertThat(Stat.rdev(1, 3)).isEqualTo(nothing.rdev());
        long wide = Stat.rdev(0xabc, 0xfedcb);
        fs.mknod(dir, "fifo", Stat.FIFO | 0600, 0);
        assertThat(fs.find(dir, "fifo").orElseThrow().type()).isEqualTo(Stat.FIFO);
        assertThat(wide & 0xffffffffL).isEqualTo(wide);
    }
}
