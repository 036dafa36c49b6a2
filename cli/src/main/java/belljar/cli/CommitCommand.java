package belljar.cli;

import belljar.engine.CommitRequest;
import belljar.engine.ContainerRecord;
import belljar.engine.Engine;
import belljar.engine.MountRequest;
import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.image.StoredImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

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
                .flag("include-volumes", "declare the container's volumes in the image, without their content")
                .value("message", 'm', "TEXT", "keep a remark in the image's history")
                .flag("pause", 'p', "pause the container meanwhile (false)")
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
        Engine engine = session.engine();
        String container = engine.container(arguments.operands().get(0)).id();
        List<String> changes = new ArrayList<>(arguments.values("change"));
        if (arguments.flag("include-volumes")) {
            for (MountRequest mount : engine.volumes().of(container)) {
                if (mount instanceof MountRequest.Volume) {
                    changes.add("VOLUME " + mount.destination());
                }
            }
        }
        CommitRequest request = new CommitRequest(
                arguments.operands().size() == 2 ? arguments.operands().get(1) : "",
                arguments.value("author"),
                arguments.value("message"),
                changes,
                arguments.flag("squash"),
                format.equals("docker"));
        boolean pause =
                arguments.flag("pause") && engine.container(container).status() == ContainerRecord.Status.RUNNING;
        if (pause) {
            engine.pause(container);
        }
        StoredImage image;
        try (ProgressDisplay progress = session.progress(arguments.flag("quiet"))) {
            image = engine.files().commit(container, request, progress);
        } finally {
            if (pause) {
                engine.unpause(container);
            }
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
