package belljar.cli;

import belljar.image.Images;
import belljar.image.Platform;
import belljar.image.RegistryOptions;
import belljar.image.StoredImage;

/** {@code belljar pull}. */
final class PullCommand implements Command {
    @Override
    public String name() {
        return "pull";
    }

    @Override
    public String usage() {
        return "IMAGE [IMAGE...]";
    }

    @Override
    public String summary() {
        return "fetch images from a registry, a directory, an archive or Debian packages";
    }

    @Override
    public OptionTable options() {
        return RegistryArguments.declare(PlatformArguments.declare(new OptionTable())
                        .flag("quiet", 'q', "show no progress")
                        .flag("disable-content-trust", "nothing; Docker's clients give it"))
                .flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(1, Integer.MAX_VALUE, "an image");
        String platform = PlatformArguments.of(arguments);
        Platform wanted = platform.isEmpty() ? Platform.HOST : Platform.parse(platform);
        RegistryOptions registry = RegistryArguments.parse(arguments, session.env());
        Images images = session.images();
        for (String text : arguments.operands()) {
            StoredImage image;
            try (ProgressDisplay progress = session.progress(arguments.flag("quiet"))) {
                image = images.pull(text, wanted, registry, progress);
            }
            session.out().println(image.id().hex());
        }
        return 0;
    }
}
