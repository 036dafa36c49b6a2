package belljar.image;

/**
 * A stretch of a sparse file that holds data.
 *
 * @param offset where it starts in the file, bytes
 * @param length how many bytes, 0 or more
 */
public record TarExtent(long offset, long length) {}
