package belljar.engine;

import belljar.image.Progress;
import belljar.sandbox.Container;

/**
 * How a foreground run is connected to its caller.
 *
 * @param in descriptor of this process that standard input is read from, used when the request is interactive
 * @param out descriptor that standard output is written to
 * @param err descriptor that standard error is written to
 * @param progress told how the fetching of an image goes
 * @param observer told when the container is there
 */
public record RunIo(int in, int out, int err, Progress progress, Observer observer) {

    /** Learns of the container, to pass signals and window sizes on to it. */
    public interface Observer {
        /** Ignores all. */
        Observer NONE = new Observer() {
            @Override
            public void started(Container container) {}

            @Override
            public void notice(String line) {}
        };

        /**
         * The container is there and its program is about to run.
         *
         * @param container the container; valid until the run returns
         */
        void started(Container container);

        /** An image must be fetched or unpacked, which takes long; nothing has been made yet. */
        default void fetching() {}

        /**
         * Something that the user should know but that is no failure.
         *
         * @param line one sentence
         */
        void notice(String line);
    }
}
