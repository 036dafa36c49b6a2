package belljar.cli;

import belljar.engine.ContainerRecord;
import belljar.engine.Engine;
import belljar.image.Digest;
import belljar.image.ImageRemoval;
import belljar.image.ImageUsers;
import belljar.image.Reference;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/** What removing and pruning images have in common. */
final class Removals {
    private Removals() {}

    /** {@return the containers of the engine's book as users of images} */
    static ImageUsers users(Session session) {
        Engine engine = session.engine();
        return id -> {
            List<String> names = new ArrayList<>();
            for (ContainerRecord record : engine.containers()) {
                if (record.imageId().equals(id.hex()) || record.imageId().equals(id.toString())) {
                    names.add(record.name());
                }
            }
            return names;
        };
    }

    /** Writes what is gone, in Docker's words. */
    static void print(ImageRemoval removal, PrintStream out, PrintStream err) {
        for (Reference name : removal.untagged()) {
            out.println("Untagged: " + name);
        }
        for (Digest id : removal.deleted()) {
            out.println("Deleted: " + id.hex());
        }
        if (removal.deferred()) {
            err.println(
                    "belljar: others are using the store, so some content stays until the next 'belljar image prune'");
        }
    }
}
