package belljar.engine;

import belljar.failure.UserException;
import belljar.image.Progress;
import java.nio.file.Path;
import java.util.List;

/** Finds the image that a request names, fetching it when that is asked for. */
final class ImageChoice {
    private final Path root;
    private final Path state;

    ImageChoice(Path root, Path state) {
        this.root = root;
        this.state = state;
    }

    PreparedImage prepare(RunRequest request, Progress progress) {
        String name = request.image();
        if (name.startsWith("dir:")) {
            String directory =
                    Path.of(name.substring(4)).toAbsolutePath().normalize().toString();
            if (!SmallFile.exists(directory)) {
                throw new UserException("the root file system " + directory + " does not exist");
            }
            return new PreparedImage("", ImageDefaults.NONE, List.of(directory), true);
        }
        throw new UserException("no such image " + name + " in " + root + state + progress);
    }
}
