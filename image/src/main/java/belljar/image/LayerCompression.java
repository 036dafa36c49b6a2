package belljar.image;

/** How a layer's archive is compressed. */
public enum LayerCompression {
    /** Not at all. */
    NONE,
    /** RFC 1952. */
    GZIP,
    /** RFC 8878. */
    ZSTD
}
