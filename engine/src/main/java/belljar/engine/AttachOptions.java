package belljar.engine;

/**
 * How a caller is attached to a container that another process keeps.
 *
 * @param input whether the caller's input is passed on, where the container takes any
 * @param passSignals whether signals that the caller gets are passed on; otherwise they end the attachment
 * @param detachKeys the keys that end it, such as {@code ctrl-p,ctrl-q}; empty for none
 */
public record AttachOptions(boolean input, boolean passSignals, String detachKeys) {}
