package belljar.cli;

import belljar.image.Digest;
import belljar.image.HistoryEntry;
import belljar.image.Images;
import belljar.image.Reference;
import belljar.image.StoredImage;
import java.util.ArrayList;
import java.util.List;

/** {@code belljar image tree}. */
final class ImageTreeCommand implements Command {
    private static final int SHORT = 12;

    @Override
    public String name() {
        return "image tree";
    }

    @Override
    public String usage() {
        return "IMAGE";
    }

    @Override
    public String summary() {
        return "show an image's layers, the lowest first";
    }

    @Override
    public OptionTable options() {
        return new OptionTable().flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(1, 1, "an image");
        String text = arguments.operands().get(0);
        Images images = session.images();
        StoredImage image = images.require(text);
        List<String> names = new ArrayList<>();
        for (Reference name : images.namesOf(image)) {
            if (name.digest().isEmpty()) {
                names.add(name.toString());
            }
        }
        List<Long> sizes = new ArrayList<>();
        for (HistoryEntry entry : images.history(text)) {
            if (entry.size() > 0) {
                sizes.add(0, entry.size());
            }
        }
        session.out().println("Image ID: " + image.id().shortHex());
        session.out().println("Tags:     " + names);
        session.out().println("Size:     " + Text.size(image.size()));
        session.out().println("Image Layers");
        List<Digest> layers = image.config().diffIds();
        for (int i = 0; i < layers.size(); i++) {
            boolean last = i == layers.size() - 1;
            // Which step made which layer is the history's word; where it lacks some, no size is better than a wrong
            // one.
            String size = sizes.size() == layers.size() ? " Size: " + Text.size(sizes.get(i)) : "";
            session.out()
                    .println((last ? "└── " : "├── ") + "ID: "
                            + layers.get(i).hex().substring(0, SHORT) + size
                            + (last ? " Top Layer of: " + names : ""));
        }
        return 0;
    }
}
