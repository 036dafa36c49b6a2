package belljar.cli;

/** Placeholder until the package has content. */
final class Placeholder {
    private Placeholder() {}
}
