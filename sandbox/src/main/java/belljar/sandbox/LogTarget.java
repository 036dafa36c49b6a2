package belljar.sandbox;

/**
 * Where a kept container's output goes.
 *
 * @param path absolute path of the log file, which is appended to; empty to drop the output
 * @param format how a line is written
 * @param maxSize bytes after which the file is renamed and a new one begun, 1 or more; 0 for no limit. A file may be
 *     longer by what was read at once, at most some 400 KiB
 * @param maxFiles how many files there are at most, 1 to 99, the current one included; older ones are named
 *     {@code path.1} (the youngest) and so on
 */
public record LogTarget(String path, Format format, long maxSize, int maxFiles) {
    /** No log: the output is read, so that the program can go on, and dropped. */
    public static final LogTarget NONE = new LogTarget("", Format.CRI, 0, 1);

    /** The most files that a log may be spread over. */
    public static final int MAX_FILES = 99;

    /** How a line of output is written. */
    public enum Format {
        /**
         * {@code TIME STREAM TAG TEXT}: the time in RFC 3339 with nanoseconds in UTC, {@code stdout} or {@code stderr},
         * {@code F} for a full line and {@code P} for a part that does not end in a newline; as the Kubernetes CRI and
         * Podman's driver {@code k8s-file} have it.
         */
        CRI,

        /** {@code {"log":"TEXT\n","stream":"stdout","time":"TIME"}} a line, as Docker's driver {@code json-file}. */
        JSON
    }

    /** Checks the numbers. */
    public LogTarget {
        if (maxSize < 0 || maxFiles < 1 || maxFiles > MAX_FILES) {
            throw new IllegalArgumentException("a log of " + maxFiles + " files of " + maxSize + " bytes");
        }
    }
}
