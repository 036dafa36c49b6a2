package belljar.bench;

/**
 * What Belljar's median may be at most.
 *
 * @param peer the side that it is a share of
 * @param ratio the share
 */
record Goal(String peer, double ratio) {}
