package belljar.bench;

/** A program that does nothing, to show what starting a JVM costs on the machine. */
final class Idle {
    private Idle() {}

    /**
     * Does nothing.
     *
     * @param args ignored
     */
    public static void main(String[] args) {}
}
