package belljar.cli;

import belljar.image.Images;
import belljar.image.StoredImage;

/** {@code belljar import}. */
final class ImportCommand implements Command {
    @Override
    public String name() {
        return "import";
    }

    @Override
    public String usage() {
        return "FILE|- [NAME]";
    }

    @Override
    public String summary() {
        return "make an image of the archive of a root file system";
    }

    @Override
    public OptionTable options() {
        return new OptionTable()
                .list("change", 'c', "INSTRUCTION", "apply a Dockerfile's instruction, such as 'CMD [\"sh\"]'")
                .value("message", 'm', "TEXT", "keep a remark in the image's history")
                .flag("quiet", 'q', "show no progress")
                .flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(1, 2, "an archive");
        String file = arguments.operands().get(0);
        String name = arguments.operands().size() == 2 ? arguments.operands().get(1) : "";
        Images images = session.images();
        InputFile.read(file, in -> {
            StoredImage image;
            try (ProgressDisplay progress = session.progress(arguments.flag("quiet"))) {
                image = images.importTar(
                        in,
                        file.equals("-") ? "standard input" : file,
                        arguments.values("change"),
                        arguments.value("message"),
                        name,
                        progress);
            }
            session.out().println(image.id().hex());
        });
        return 0;
    }
}
