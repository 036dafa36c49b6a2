package belljar.image;

/** Placeholder until the package has content. */
final class Placeholder {
    private Placeholder() {}
}
