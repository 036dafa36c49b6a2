package belljar.sandbox;

/** Placeholder until the package has content. */
final class Placeholder {
    private Placeholder() {}
}
