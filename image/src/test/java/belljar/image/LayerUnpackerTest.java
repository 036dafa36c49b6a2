package belljar.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.UserException;
import belljar.linux.At;
import belljar.linux.Fs;
import belljar.linux.OpenFlags;
import belljar.linux.Stat;
import belljar.linux.Stub;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

/** What a layer says is what the tree becomes. */
final class LayerUnpackerTest extends UnpackSite {
    @Test
    void keepsEverythingThatALayerSays() throws IOException {
        put(TarEntry.directory("./", 0711).withTime(5, 0));
        put(TarEntry.directory("etc", 02750).withOwner(7, 8).withTime(1000, 1));
        put(TarEntry.file("etc/su", 06755, 0).withOwner(10, 20).withTime(-3, 5));
        byte[] capability = {1, 0, 0, 3, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0};
        put(TarEntry.file("ping", 0755, 0).withOwner(1, 1).withXattrs(Map.of("security.capability", capability)));
        put(TarEntry.directory("locked", 0).withXattrs(Map.of("user.note", new byte[] {1})));
        file("locked/inside", "x");
        put(TarEntry.symlink("etc/link", "/nowhere").withOwner(3, 4).withTime(77, 0));
        put(TarEntry.hardLink("same", "locked/inside"));
        put(TarEntry.hardLink("linked-link", "etc/link"));
        put(TarEntry.node("null", TarType.CHAR_DEVICE, 0666, 1, 3));
        put(TarEntry.node("fifo", TarType.FIFO, 0622, 0, 0));
        UnpackedLayer layer = unpack();
        assertThat(layer.entries()).isEqualTo(11);
        assertThat(layer.diffId()).isEqualTo(Digest.sha256(bytes.toByteArray()));
        assertThat(layer.archiveBytes()).isEqualTo(bytes.size());
        assertThat(stat("etc").permissions()).isEqualTo(02750);
        assertThat(stat("etc").gid()).isEqualTo(8);
        assertThat(stat("etc").modifySeconds()).isEqualTo(1000);
        assertThat(stat("etc").modifyNanos()).isEqualTo(1);
        assertThat(stat("etc/su").permissions()).isEqualTo(06755);
        assertThat(stat("etc/su").uid()).isEqualTo(10);
        assertThat(stat("etc/su").modifySeconds()).isEqualTo(-3);
        assertThat(xattr("ping", "security.capability")).hasSize(20).startsWith(1, 0, 0, 2);
        assertThat(stat("locked").permissions()).isZero();
        assertThat(stat("etc/link").uid()).isEqualTo(3);
        assertThat(stat("etc/link").modifySeconds()).isEqualTo(77);
        assertThat(stat("same").inode()).isEqualTo(stat("locked/inside").inode());
        assertThat(stat("linked-link").isSymlink()).isTrue();
        assertThat(stat("null").rdev()).isEqualTo(Stat.rdev(1, 3));
        assertThat(stat("null").permissions()).isEqualTo(0666);
        assertThat(stat("fifo").permissions()).isEqualTo(0622);
        assertThat(FS.stat(rootFd).modifySeconds()).isEqualTo(5);
        assertThat(FS.stat(rootFd).permissions()).isEqualTo(0711);
    }

    @Test
    void unpacksCompressedLayersOfManyPieces() throws IOException {
        byte[] content = new byte[3_000_000];
        new java.util.Random(4).nextBytes(content);
        for (int i = 0; i < 3; i++) {
            put(TarEntry.file("big" + i, 0644, content.length));
            tar.write(content, 0, content.length);
        }
        tar.finish();
        ByteArrayOutputStream gzip = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(gzip)) {
            bytes.writeTo(out);
        }
        assertThat(unpack(gzip.toByteArray()).diffId()).isEqualTo(Digest.sha256(bytes.toByteArray()));
        assertThat(Files.readAllBytes(root.resolve("big2"))).isEqualTo(content);
        byte[] cut = Arrays.copyOf(gzip.toByteArray(), gzip.size() / 2);
        assertThatThrownBy(() -> unpack(cut)).isInstanceOf(UserException.class).hasMessageContaining("cut off");
    }

    @Test
    void makesWhiteoutsForOverlays() {
        put(TarEntry.directory("d", 0755));
        put(TarEntry.file("d/.wh.gone", 0, 0));
        put(TarEntry.directory("o", 0755));
        put(TarEntry.file("o/.wh..wh..opq", 0, 0));
        put(TarEntry.file(".wh..wh.plnk", 0, 0));
        put(TarEntry.file("implied/.wh.x", 0, 0));
        unpack();
        assertThat(isWhiteout("d/gone")).isTrue();
        assertThat(xattr("o", "trusted.overlay.opaque")).containsExactly('y');
        assertThat(xattr("d", "trusted.overlay.opaque")).isEmpty();
        assertThat(isWhiteout("implied/x")).isTrue();
        assertThat(FS.find(rootFd, ".wh..wh.plnk")).isEmpty();
    }

    @Test
    void whiteoutsNeverHideTheirOwnLayer() throws IOException {
        file("kept", "1");
        put(TarEntry.file(".wh.kept", 0, 0));
        file("dir/kept", "2");
        put(TarEntry.file(".wh.dir", 0, 0));
        put(TarEntry.file(".wh.later", 0, 0));
        file("later/file", "3");
        put(TarEntry.file(".wh.again", 0, 0));
        file("again", "4");
        put(TarEntry.file(".wh.there", 0, 0));
        put(TarEntry.directory("there", 0700));
        unpack();
        assertThat(text("kept") + text("dir/kept") + text("later/file") + text("again"))
                .isEqualTo("1234");
        assertThat(xattr("dir", "trusted.overlay.opaque")).containsExactly('y');
        assertThat(xattr("later", "trusted.overlay.opaque")).containsExactly('y');
        assertThat(xattr("there", "trusted.overlay.opaque")).containsExactly('y');
    }

    @Test
    void takesLooksOfUnmentionedDirectoriesFromBelow() throws IOException {
        Path lower = Files.createDirectory(directory.resolve("root/lower"));
        Files.createDirectory(lower.resolve("tmp"));
        FS.chmod(At.FDCWD, lower.resolve("tmp").toString(), 01777);
        FS.chown(At.FDCWD, lower.resolve("tmp").toString(), 5, 6, 0);
        int fd = openDirectory(lower);
        options = options.withLower(List.of(fd));
        file("tmp/file", "x");
        file("other/file", "x");
        unpack();
        FS.close(fd);
        assertThat(stat("tmp").permissions()).isEqualTo(01777);
        assertThat(stat("tmp").gid()).isEqualTo(6);
        assertThat(stat("other").permissions()).isEqualTo(0755);
    }

    @Test
    void theLastOfSeveralEntriesWins() throws IOException {
        put(TarEntry.directory("x", 0755));
        file("x/old", "1");
        put(TarEntry.symlink("x", "y"));
        file("x/new", "2");
        put(TarEntry.directory("x", 0700));
        file("x/newest", "3");
        file("f", "long content");
        file("f", "new");
        file("dir/below/file", "4");
        file("dir", "5");
        put(TarEntry.node("n", TarType.FIFO, 0600, 0, 0));
        file("n", "6");
        file("n/child", "7");
        unpack();
        assertThat(text("y/new") + text("x/newest") + text("f") + text("dir") + text("n/child"))
                .isEqualTo("23new57");
        assertThat(FS.find(rootFd, "x/old")).isEmpty();
        assertThat(stat("x").permissions()).isEqualTo(0700);
    }

    @Test
    void keepsNamesThatAreNotUtf8() {
        String raw = belljar.linux.FileName.decode(new byte[] {'a', (byte) 0xff, (byte) 0xfe}, 0, 3);
        file(raw, "x");
        put(TarEntry.symlink("s", raw));
        unpack();
        assertThat(stat(raw).size()).isEqualTo(1);
        assertThat(FS.readlink(rootFd, "s")).isEqualTo(raw);
    }

    @Test
    void singleIdOwnsEverythingAndMakesNoDevices() throws IOException {
        options = UnpackOptions.SINGLE_ID;
        put(TarEntry.file("f", 04755, 0).withOwner(1234, 5678));
        put(TarEntry.directory("d", 0755).withOwner(1234, 5678));
        put(TarEntry.node("null", TarType.CHAR_DEVICE, 0666, 1, 3));
        put(TarEntry.file("d/.wh..wh..opq", 0, 0));
        put(TarEntry.file("d/.wh.gone", 0, 0));
        UnpackedLayer layer = unpack();
        assertThat(layer.skippedDevices()).isEqualTo(1);
        assertThat(stat("f").uid()).isZero();
        assertThat(stat("f").permissions()).isEqualTo(04755);
        assertThat(stat("d").gid()).isZero();
        assertThat(xattr("d", "user.overlay.opaque")).containsExactly('y');
        assertThat(isWhiteout("d/gone")).isTrue();
        assertThat(FS.find(rootFd, "null")).isEmpty();
    }

    @Test
    void worksThroughAStub() throws IOException {
        put(TarEntry.directory("d", 0750).withOwner(3, 4));
        file("d/f", "x".repeat(700_000));
        put(TarEntry.symlink("d/s", "f"));
        tar.finish();
        try (Stub stub = Stub.start(0, -1, -1, -1)) {
            Fs remote = new Fs(stub);
            int fd = remote.open(At.FDCWD, root.toString(), OpenFlags.DIRECTORY, 0);
            LayerUnpacker.unpack(remote, fd, new ByteArrayInputStream(bytes.toByteArray()), options);
        }
        assertThat(text("d/s")).hasSize(700_000);
        assertThat(stat("d").gid()).isEqualTo(4);
    }

    @Test
    void packingGivesBackWhatWasUnpacked() throws IOException {
        put(TarEntry.directory("a/", 01777).withOwner(7, 8).withTime(100, 0));
        file("a/.wh.x", "");
        put(TarEntry.file("a/f", 04711, 0).withTime(5, 0).withXattrs(Map.of("user.k", new byte[] {0, 1})));
        put(TarEntry.hardLink("a/g", "a/f"));
        put(TarEntry.symlink("b", "n".repeat(300)).withTime(6, 0));
        put(TarEntry.node("c", TarType.BLOCK_DEVICE, 0600, 8, 1));
        put(TarEntry.directory("o/", 0755));
        put(TarEntry.file("o/.wh..wh..opq", 0, 0));
        unpack();
        ByteArrayOutputStream one = new ByteArrayOutputStream();
        LayerPacker.pack(FS, rootFd, one, PackOptions.UPPER);
        List<TarEntry> entries = new ArrayList<>();
        TarReader reader = TarReader.of(new ByteArrayInputStream(one.toByteArray()));
        for (var next = reader.next(); next.isPresent(); next = reader.next()) {
            entries.add(next.get());
        }
        assertThat(entries)
                .extracting(TarEntry::name)
                .containsExactly("a/", "a/f", "a/g", "a/.wh.x", "b", "c", "o/", "o/.wh..wh..opq");
        assertThat(entries.get(1).mode()).isEqualTo(04711);
        assertThat(entries.get(1).xattrs()).containsOnlyKeys("user.k");
        assertThat(entries.get(2).linkName()).isEqualTo("a/f");
        assertThat(entries.get(4).linkName()).hasSize(300);
        assertThat(entries.get(4).mtimeSeconds()).isEqualTo(6);
        ByteArrayOutputStream two = new ByteArrayOutputStream();
        LayerPacker.pack(FS, rootFd, two, PackOptions.UPPER);
        assertThat(two.toByteArray()).isEqualTo(one.toByteArray());
        ByteArrayOutputStream fixed = new ByteArrayOutputStream();
        LayerPacker.pack(FS, rootFd, fixed, PackOptions.UPPER.at(42));
        assertThat(TarReader.of(new ByteArrayInputStream(fixed.toByteArray()))
                        .next()
                        .orElseThrow()
                        .mtimeSeconds())
                .isEqualTo(42);
        assertThat(Files.exists(root.resolve("a/x"), LinkOption.NOFOLLOW_LINKS)).isTrue();
    }
}
