package belljar.engine;

import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.json.Json;
import belljar.json.JsonException;
import java.nio.file.Path;

/**
 * What was asked of a container, kept beside its record, so that each start decides anew what the container is, and
 * other commands know what it should be.
 *
 * <p>How to talk to a registry is not kept: the image is here once the container is, and a password has no place in
 * this file.
 */
public final class RequestFile {
    /** The version of the format that is written; older ones are read, newer ones refused. */
    static final int VERSION = 1;

    private static final String NAME = "request.json";

    private RequestFile() {}

    /**
     * {@return a request as one line of JSON}
     *
     * @param request the request
     */
    public static String text(RunRequest request) {
        return RequestWriter.write(request).toString();
    }

    /**
     * {@return the request of a text that {@link #text} made}
     *
     * @param source where the text comes from, for messages
     * @param text the text
     * @throws HostException if it is damaged or of a newer version
     */
    public static RunRequest parse(String source, String text) {
        try {
            return RequestReader.read(Json.parse(text).asObject());
        } catch (JsonException e) {
            throw new HostException("the request " + source + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** {@return whether a container's directory has a request} */
    static boolean exists(Path directory) {
        return SmallFile.exists(directory.resolve(NAME).toString());
    }

    /** Writes a request into a container's directory. */
    static void save(Path directory, RunRequest request) {
        SmallFile.write(directory.resolve(NAME), text(request), false);
    }

    /**
     * {@return the request in a container's directory}
     *
     * @throws UserException if there is none, as for a container of an older version
     */
    static RunRequest load(Path directory) {
        Path file = directory.resolve(NAME);
        String text = SmallFile.readWhole(file.toString());
        if (text.isEmpty()) {
            throw new UserException("the container in " + directory
                    + " was made without a request to keep, so it cannot be started again; make a new one");
        }
        return parse(file.toString(), text);
    }
}
