package belljar.image;

/**
 * How a directory becomes a layer.
 *
 * @param fixedTime whether all entries get {@code seconds} as their time, so that the same content gives the same bytes
 * @param seconds that time, seconds since 1970
 * @param overlay whether the directory is an overlay's upper directory, whose whiteouts and opaque directories shall
 *     become those of layers
 * @param xattrs whether extended attributes are kept
 */
public record PackOptions(boolean fixedTime, long seconds, boolean overlay, boolean xattrs) {
    /** A plain tree with its own times, in whole seconds. */
    public static final PackOptions TREE = new PackOptions(false, 0, false, true);

    /** An overlay's upper directory. */
    public static final PackOptions UPPER = new PackOptions(false, 0, true, true);

    /**
     * {@return the same options with one time for all}
     *
     * @param time seconds since 1970
     */
    public PackOptions at(long time) {
        return new PackOptions(true, time, overlay, xattrs);
    }
}
