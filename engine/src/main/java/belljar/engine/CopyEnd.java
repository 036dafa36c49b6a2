package belljar.engine;

import java.io.InputStream;
import java.io.OutputStream;

/** Where {@link ContainerFiles#copy} copies from or to. */
public sealed interface CopyEnd {
    /**
     * A place in a container, running or not.
     *
     * @param nameOrId the container
     * @param path the path in it; relative to its working directory unless it begins with a slash
     */
    record InContainer(String nameOrId, String path) implements CopyEnd {}

    /**
     * A place on the host.
     *
     * @param path the path
     */
    record OnHost(String path) implements CopyEnd {}

    /**
     * A tar archive to be unpacked.
     *
     * @param in the archive, not compressed; not closed
     */
    record FromArchive(InputStream in) implements CopyEnd {}

    /**
     * A tar archive to be written.
     *
     * @param out receives the archive; neither flushed nor closed
     */
    record ToArchive(OutputStream out) implements CopyEnd {}
}
