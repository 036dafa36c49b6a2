package belljar.cli;

import belljar.engine.Engine;
import belljar.failure.UserException;
import belljar.image.Images;
import belljar.linux.HostKernel;
import belljar.linux.Nr;
import belljar.network.Networks;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * What a command runs in: the environment, the two output streams and the directories that Belljar works in. For one
 * thread.
 */
final class Session {
    private final Arguments global;
    private final Origin origin;

    /**
     * @param global the options before the command
     * @param origin who asks
     */
    Session(Arguments global, Origin origin) {
        this.global = global;
        this.origin = origin;
    }

    Map<String, String> env() {
        return origin.env();
    }

    PrintStream out() {
        return origin.out();
    }

    PrintStream err() {
        return origin.err();
    }

    /** {@return who asks} */
    Origin origin() {
        return origin;
    }

    /** {@return where images and containers are kept} */
    Path root() {
        return Locations.root(global.value("root"), env());
    }

    /** {@return where is kept what does not outlive a boot} */
    Path state() {
        return Locations.state(global.value("state"), env());
    }

    /** {@return the engine, opened on these directories} */
    Engine engine() {
        Engine engine = Engine.open(root(), state(), origin.program());
        engine.resume();
        return engine;
    }

    /** {@return the networks in these directories} */
    Networks networks() {
        return Networks.open(root());
    }

    /** {@return whether this process has root's rights, which networks need} */
    boolean isRoot() {
        return HostKernel.INSTANCE.call(Nr.GETEUID) == 0;
    }

    /**
     * {@return the images in these directories}
     *
     * @throws UserException if the root is something else than a directory
     */
    Images images() {
        if (Files.exists(root()) && !Files.isDirectory(root())) {
            throw new UserException(
                    "the root " + root() + " is not a directory; name one with --root, which is made when needed");
        }
        return Engine.images(root());
    }

    /**
     * {@return a display of progress on standard error; close it before anything else is written there}
     *
     * @param quiet whether it shows nothing
     */
    ProgressDisplay progress(boolean quiet) {
        return quiet ? new NoProgress() : ProgressDisplay.on(err(), origin.errFd());
    }
}
