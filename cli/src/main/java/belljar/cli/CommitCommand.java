package belljar.cli;

import belljar.engine.CommitRequest;
import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.image.StoredImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** {@code belljar commit}. */
final class CommitCommand implements Command {
    @Override
    public String name() {
        return "commit";
    }

    @Override
    public String usage() {
        return "CONTAINER [NAME]";
    }

    @Override
    public String summary() {
        return "make an image of a container and its changes";
    }

    @Override
    public OptionTable options() {
        return new OptionTable()
                .value("author", 'a', "TEXT", "say who made the image")
                .list("change", 'c', "INSTRUCTION", "apply a Dockerfile's instruction, such as 'CMD [\"sh\"]'")
                .value("format", 'f', "FORMAT", "oci or docker (oci)")
                .value("iidfile", "FILE", "write the image's id to a file")
                .value("message", 'm', "TEXT", "keep a remark in the image's history")
                .flag("quiet", 'q', "show no progress")
                .flag("squash", 's', "make one layer of all files")
                .flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(1, 2, "a container");
        String format = arguments.value("format");
        if (!format.isEmpty() && !format.equals("oci") && !format.equals("docker")) {
            throw new UserException("--format '" + format + "' is not known; use oci or docker");
        }
        CommitRequest request = new CommitRequest(
                arguments.operands().size() == 2 ? arguments.operands().get(1) : "",
                arguments.value("author"),
                arguments.value("message"),
                arguments.values("change"),
                arguments.flag("squash"),
                format.equals("docker"));
        StoredImage image;
        try (ProgressDisplay progress = session.progress(arguments.flag("quiet"))) {
            image = session.engine().files().commit(arguments.operands().get(0), request, progress);
        }
        String file = arguments.value("iidfile");
        if (!file.isEmpty()) {
            try {
                Files.writeString(Path.of(file), image.id().hex());
            } catch (IOException e) {
                throw new HostException("cannot write " + file + ": " + e.getMessage(), e);
            }
        }
        session.out().println(image.id().hex());
        return 0;
    }
}
