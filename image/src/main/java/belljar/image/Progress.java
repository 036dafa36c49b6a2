package belljar.image;

/**
 * Where long work on images tells how far it is. Implementations must be safe for use by several threads, since layers
 * come in parallel, and quick: they are called from the copying loop.
 */
public interface Progress {
    /** Tells nobody. */
    Progress NONE = new Progress() {
        @Override
        public void started(String id, String label, long totalBytes) {}

        @Override
        public void advanced(String id, long bytes) {}

        @Override
        public void finished(String id, String note) {}

        @Override
        public void message(String line) {}
    };

    /**
     * A piece of work began.
     *
     * @param id tells it from others that run at the same time; a new {@code started} with a known id replaces it
     * @param label what a person calls it, such as {@code layer 1f2e3d4c5b6a}
     * @param totalBytes how much there is to do, or -1 where that is unknown
     */
    void started(String id, String label, long totalBytes);

    /**
     * A piece of work went on.
     *
     * @param id which
     * @param bytes how many bytes are done in all since its start, not since the last call
     */
    void advanced(String id, long bytes);

    /**
     * A piece of work ended.
     *
     * @param id which
     * @param note how, in a word or two, such as {@code done} or {@code already present}
     */
    void finished(String id, String note);

    /**
     * Something worth a line of its own.
     *
     * @param line one line without its end
     */
    void message(String line);
}
