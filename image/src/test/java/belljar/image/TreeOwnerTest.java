package belljar.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import belljar.failure.UserException;
import belljar.linux.Fs;
import belljar.linux.Stub;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TreeOwnerTest {
    private static final byte[] BASE = LayerSample.tar("a=base", "d/b=below");
    private static final byte[] TOP = LayerSample.tar("c=top", "d/e=above");

    @TempDir
    private Path work;

    /** Works through processes of its own, as an owner of subordinate ids does. */
    private static final class Remote implements TreeOwner {
        private final String ids;
        private int begun;
        private int ended;

        Remote(String ids) {
            this.ids = ids;
        }

        @Override
        public Calls open() {
            begun++;
            Stub stub = Stub.start(0, -1, -1, -1);
            Fs fs = new Fs(stub);
            return new Calls() {
                @Override
                public Fs fs() {
                    return fs;
                }

                @Override
                public void close() {
                    ended++;
                    stub.close();
                }
            };
        }

        @Override
        public UnpackOptions options() {
            return SELF.options();
        }

        @Override
        public String ids() {
            return ids;
        }

        @Override
        public String variant() {
            return "";
        }
    }

    @Test
    void itsCallsMakeAndDeleteTheTrees() {
        Remote owner = new Remote("ids");
        Images images = Images.open(work, owner);
        StoredImage image = Sample.image(images.store(), "x", List.of(BASE, TOP), "app");

        StoredImage unpacked = images.prepare(image, Progress.NONE);

        assertThat(owner.begun).as("one for each layer").isEqualTo(2);
        List<String> directories = unpacked.layerDirectories();
        assertThat(Path.of(directories.get(0), "d/e")).hasContent("above");
        assertThat(Path.of(directories.get(1), "d/b")).hasContent("below");
        assertThat(images.prepare(images.require("app"), Progress.NONE).layerDirectories())
                .isEqualTo(directories);
        assertThat(owner.begun).as("nothing was left to be done").isEqualTo(2);

        images.remove("app", false, ImageUsers.NONE);

        assertThat(work.resolve("layers").toFile().list()).containsExactly("meta");
        assertThat(owner.begun).isEqualTo(3);
        assertThat(owner.ended).isEqualTo(3);
    }

    @Test
    void unpacksAgainWhereIdsHaveChanged() {
        Images before = Images.open(work, new Remote("0:1000:1 1:100000:65536"));
        Sample.image(before.store(), "x", List.of(BASE), "app");
        List<String> old = before.prepare(before.require("app"), Progress.NONE).layerDirectories();

        Images after = Images.open(work, new Remote("0:1000:1 1:300000:65536"));
        List<String> now = after.prepare(after.require("app"), Progress.NONE).layerDirectories();

        assertThat(now).isNotEqualTo(old);
        assertThat(Path.of(now.get(0), "a")).hasContent("base");
        after.prune(false, ImageUsers.NONE);
        assertThat(Path.of(old.get(0))).doesNotExist();
        assertThat(Path.of(now.get(0), "a")).hasContent("base");
    }

    @Test
    void rootAndAUserDoNotTakeEachOthersTreesForTheirs() {
        Images root = Images.open(work);
        Sample.image(root.store(), "x", List.of(BASE), "app");
        List<String> roots = root.prepare(root.require("app"), Progress.NONE).layerDirectories();
        Images user = Images.open(work, new Remote("ids"));
        assertThat(user.prepare(user.require("app"), Progress.NONE).layerDirectories())
                .isNotEqualTo(roots);
    }

    /** The same process's, with the ids of another mapping. */
    private static TreeOwner mapped(OwnerMap owners) {
        return new TreeOwner() {
            @Override
            public Calls open() {
                return SELF.open();
            }

            @Override
            public UnpackOptions options() {
                return UnpackOptions.ROOT.withOwners(owners);
            }

            @Override
            public String ids() {
                return "mapped";
            }

            @Override
            public String variant() {
                return owners.toString();
            }
        };
    }

    private static OwnerMap shifted(long by, long size) {
        List<OwnerMap.Range> ids = List.of(new OwnerMap.Range(0, by, size));
        return new OwnerMap(ids, ids);
    }

    private static String owner(String layer, String file) throws IOException {
        return Files.getAttribute(Path.of(layer, file), "unix:uid") + ":"
                + Files.getAttribute(Path.of(layer, file), "unix:gid");
    }

    @Test
    void treesOfOtherMappingsStandBesideTheDefaults() throws IOException {
        assumeTrue("root".equals(System.getProperty("user.name")), "skipped: needs root to give files away");
        Images images = Images.open(work);
        Sample.image(images.store(), "x", List.of(BASE, TOP), "app");
        List<String> own = images.prepare(images.require("app"), Progress.NONE).layerDirectories();
        Images other = Images.open(work, mapped(shifted(700_000, 10)));
        List<String> theirs = other.prepare(other.require("app"), Progress.NONE).layerDirectories();

        assertThat(theirs).doesNotContainAnyElementsOf(own);
        for (String file : List.of("", "c", "d", "d/e")) {
            assertThat(owner(own.get(0), file)).isEqualTo("0:0");
            assertThat(owner(theirs.get(0), file)).as(file).isEqualTo("700000:700000");
        }
        assertThat(images.prepare(images.require("app"), Progress.NONE).layerDirectories())
                .isEqualTo(own);
        assertThat(other.prepare(other.require("app"), Progress.NONE).layerDirectories())
                .isEqualTo(theirs);
        images.prune(false, ImageUsers.NONE);
        assertThat(Path.of(theirs.get(0), "d/e")).hasContent("above");

        images.remove("app", false, ImageUsers.NONE);
        assertThat(work.resolve("layers").toFile().list()).containsExactly("meta");
        assertThat(work.resolve("layers/meta")).isEmptyDirectory();
    }

    @Test
    void refusesOwnersThatAMappingLeavesOut() {
        Images images = Images.open(work, mapped(new OwnerMap(List.of(), List.of(new OwnerMap.Range(0, 5, 1)))));
        StoredImage image = Sample.image(images.store(), "x", List.of(BASE), "app");
        assertThatThrownBy(() -> images.prepare(image, Progress.NONE))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("belongs to user 0 and group 0, which the container's id map leaves out");
        assertThat(work.resolve("layers").toFile().list()).containsExactly("meta");
    }

    @Test
    void leavesNothingOfALayerThatIsDamaged() {
        Remote owner = new Remote("ids");
        Images images = Images.open(work, owner);
        byte[] bad = LayerSample.tar("fine=x", "../out=x");
        StoredImage image = Sample.image(images.store(), "x", List.of(bad), "app");
        assertThatThrownBy(() -> images.prepare(image, Progress.NONE)).hasMessageContaining("leads out");
        assertThat(work.resolve("layers").toFile().list()).containsExactly("meta");
        assertThat(owner.ended).isEqualTo(owner.begun);
    }
}
