package belljar.bench;

/** One side of a comparison. */
interface Side {
    /** {@return what to call it in the table} */
    String name();

    /** Does the work once; this is what is timed. */
    void run();

    /** Brings about the state that every {@link #run()} starts from. Not timed. */
    default void prepare() {}
}
