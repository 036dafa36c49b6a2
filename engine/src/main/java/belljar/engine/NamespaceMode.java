package belljar.engine;

/** Where a namespace of a container comes from, in the words of the command line. */
public sealed interface NamespaceMode {
    /** What this namespace is by default. */
    NamespaceMode DEFAULT = new Default();

    /** A new one for the container. */
    NamespaceMode PRIVATE = new Private();

    /** The host's. */
    NamespaceMode HOST = new Host();

    /** A new one with nothing in it. */
    NamespaceMode NONE = new None();

    /** What this namespace is by default. */
    record Default() implements NamespaceMode {}

    /** A new one for the container. */
    record Private() implements NamespaceMode {}

    /** The host's. */
    record Host() implements NamespaceMode {}

    /** A new one with nothing in it. */
    record None() implements NamespaceMode {}

    /**
     * An existing one.
     *
     * @param path a namespace file such as {@code /proc/PID/ns/net}
     */
    record Path(String path) implements NamespaceMode {}

    /**
     * That of another container, which must be running.
     *
     * @param container its name or id
     */
    record Of(String container) implements NamespaceMode {}
}
