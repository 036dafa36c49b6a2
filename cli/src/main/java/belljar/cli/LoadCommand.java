package belljar.cli;

import belljar.engine.Terminal;
import belljar.failure.UserException;
import belljar.image.Images;
import belljar.image.Reference;
import belljar.image.StoredImage;
import java.util.List;

/** {@code belljar load}. */
final class LoadCommand implements Command {
    @Override
    public String name() {
        return "load";
    }

    @Override
    public String usage() {
        return "";
    }

    @Override
    public String summary() {
        return "read images from an archive that save wrote";
    }

    @Override
    public OptionTable options() {
        return new OptionTable()
                .value("input", 'i', "FILE", "read from a file instead of standard input")
                .flag("quiet", 'q', "show no progress")
                .flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(0, 0, "no argument");
        String input = arguments.has("input") ? arguments.value("input") : "-";
        if (input.equals("-") && Terminal.isTerminal(0)) {
            throw new UserException("an archive cannot be typed in; add --input FILE or redirect the input");
        }
        Images images = session.images();
        InputFile.read(input, in -> {
            List<StoredImage> loaded;
            try (ProgressDisplay progress = session.progress(arguments.flag("quiet"))) {
                loaded = images.load(in, input.equals("-") ? "standard input" : input, progress);
            }
            for (StoredImage image : loaded) {
                print(images, image, session);
            }
        });
        return 0;
    }

    private static void print(Images images, StoredImage image, Session session) {
        List<Reference> names = images.namesOf(image);
        if (names.isEmpty()) {
            session.out().println("Loaded image: " + image.id());
        }
        for (Reference name : names) {
            session.out().println("Loaded image: " + name);
        }
    }
}
