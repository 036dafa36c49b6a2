package belljar.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.linux.Fs;
import belljar.linux.Stub;
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
