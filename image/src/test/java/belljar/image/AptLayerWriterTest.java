package belljar.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class AptLayerWriterTest {
    private static final DebControl PACKAGE = new DebControl("x", "1", "all", Set.of());

    private static byte[] layer(DebTree tree) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        AptLayerWriter.write(tree, 1_234_567_890, out);
        return out.toByteArray();
    }

    private static List<TarEntry> entries(byte[] layer) throws IOException {
        TarReader reader = TarReader.of(new ByteArrayInputStream(layer));
        List<TarEntry> entries = new ArrayList<>();
        for (Optional<TarEntry> entry = reader.next(); entry.isPresent(); entry = reader.next()) {
            entries.add(entry.get());
        }
        return entries;
    }

    private static TarEntry entry(byte[] layer, String name) throws IOException {
        return entries(layer).stream()
                .filter(each -> each.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void givesFilesWithoutATimeTheNewest() throws IOException {
        DebTree tree = new DebTree();
        tree.file("etc/ours", "x");
        tree.add(PACKAGE, "./etc/theirs", new DebNode.Regular(new DebNode.Meta(04755, 7, 8, 99), DebContent.of("y")));

        byte[] layer = layer(tree);
        assertThat(layer.length % 512).isZero();
        assertThat(entry(layer, "etc/ours"))
                .isEqualTo(TarEntry.file("etc/ours", 0644, 1).withTime(1_234_567_890, 0));
        assertThat(entry(layer, "etc/theirs"))
                .isEqualTo(TarEntry.file("etc/theirs", 04755, 1).withOwner(7, 8).withTime(99, 0));
    }

    @Test
    void writesNamesOfAnyLengthAndScript() throws IOException {
        DebTree tree = new DebTree();
        String path = "usr/share/" + "directory/".repeat(12) + "Ärger";
        tree.add(PACKAGE, path, new DebNode.Regular(DebNode.Meta.root(0644), DebContent.of("x")));
        tree.link("etc/long", "/" + "directory/".repeat(12) + "é");

        byte[] layer = layer(tree);
        assertThat(entry(layer, path).type()).isEqualTo(TarType.FILE);
        assertThat(entry(layer, "etc/long").linkName()).isEqualTo("/" + "directory/".repeat(12) + "é");
    }

    @Test
    void writesHardLinksAfterTheirFile() throws IOException {
        DebTree tree = new DebTree();
        DebNode node = new DebNode.Regular(DebNode.Meta.root(0755), DebContent.of("program"));
        tree.add(PACKAGE, "./usr/bin/z", node);
        tree.add(PACKAGE, "./usr/bin/a", node);

        byte[] layer = layer(tree);
        assertThat(entry(layer, "usr/bin/a").type()).isEqualTo(TarType.FILE);
        assertThat(entry(layer, "usr/bin/z").type()).isEqualTo(TarType.HARD_LINK);
        assertThat(entry(layer, "usr/bin/z").linkName()).isEqualTo("usr/bin/a");
    }

    @Test
    void writesTheSameTreeTheSameHoweverItWasFilled() throws IOException {
        DebTree one = new DebTree();
        one.file("etc/a", "a");
        one.file("etc/b", "b");
        DebTree other = new DebTree();
        other.file("etc/b", "b");
        other.file("etc/a", "a");

        assertThat(layer(one)).isEqualTo(layer(other));
        assertThat(new String(layer(one), StandardCharsets.ISO_8859_1)).contains("etc/a");
    }
}
