package belljar.bench;

/** One side of a comparison. */
interface Side {
    /** {@return what to call it in the table} */
    String name();

    /** Does the work once; this is what is timed, unless {@link #measure()} says otherwise. */
    void run();

    /** {@return whether it is Belljar's, and the sides that follow are compared with it} */
    default boolean ours() {
        return false;
    }

    /** {@return nanoseconds that the work took, done once by this call} */
    default long measure() {
        long start = System.nanoTime();
        run();
        return System.nanoTime() - start;
    }

    /** Brings about the state that every {@link #run()} starts from. Not timed. */
    default void prepare() {}
}
