package belljar.cli;

import belljar.engine.Terminal;
import belljar.failure.UserException;
import belljar.image.Images;
import java.nio.file.Path;

/** {@code belljar save}. */
final class SaveCommand implements Command {
    @Override
    public String name() {
        return "save";
    }

    @Override
    public String usage() {
        return "IMAGE [IMAGE...]";
    }

    @Override
    public String summary() {
        return "write images to an archive";
    }

    @Override
    public OptionTable options() {
        return new OptionTable()
                .value("output", 'o', "FILE", "write to a file instead of standard output")
                .value("format", "FORMAT", "docker-archive or oci-archive (docker-archive)")
                .flag("quiet", 'q', "show no progress")
                .flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(1, Integer.MAX_VALUE, "an image");
        String format = arguments.has("format") ? arguments.value("format") : "docker-archive";
        String output = arguments.value("output");
        Images images = session.images();
        if (output.isEmpty() && Terminal.isTerminal(1)) {
            throw new UserException("an archive is nothing for a terminal; add --output FILE or redirect the output");
        }
        try (ProgressDisplay progress = session.progress(arguments.flag("quiet"))) {
            if (output.isEmpty()) {
                images.save(arguments.operands(), format, session.out(), progress);
            } else {
                images.save(arguments.operands(), format, Path.of(output), progress);
            }
        }
        return 0;
    }
}
