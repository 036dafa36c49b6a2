package belljar.container;

/** Placeholder until the package has content. */
final class Placeholder {
    private Placeholder() {}
}
