package belljar.bench;

/**
 * What Belljar's median may be at most.
 *
 * @param peer the side that it is a share of
 * @param ratio the share
 */
record Goal(String peer, double ratio) {
    /**
     * {@return the goal and whether it is met, for a table} Both are compared as they are shown, to two places.
     *
     * @param reached the ratio that was measured
     */
    String verdict(double reached) {
        boolean met = Math.round(100 * reached) <= Math.round(100 * ratio);
        return "<= " + Table.ratio(ratio) + (met ? " met" : " MISSED");
    }
}
