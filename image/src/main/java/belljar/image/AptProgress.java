package belljar.image;

/**
 * Tells a {@link Progress} how far apt is, from what apt prints. Steps follow one another under one id. Not safe for
 * use by several threads.
 */
final class AptProgress {
    private final Progress progress;
    private final String id;
    private long total;
    private long done;
    private long underWay;

    /**
     * Creates it.
     *
     * @param progress who is told
     * @param id what the work is called, such as {@code apt:bash}
     */
    AptProgress(Progress progress, String id) {
        this.progress = progress;
        this.id = id;
    }

    /**
     * A step begins, and the one before it is over.
     *
     * @param label what is done
     * @param bytes how many bytes there are to do, or -1 where that is unknown
     */
    void step(String label, long bytes) {
        progress.started(id, label, bytes);
        total = bytes;
        done = 0;
        underWay = 0;
    }

    /** So many bytes more are done. */
    void add(long bytes) {
        done += bytes;
        progress.advanced(id, done);
    }

    /** A line of apt's: {@code Need to get 4961 kB of archives.} or {@code Get:1 URI … NAME ARCH VERSION [37.6 kB]}. */
    void line(String line) {
        if (line.startsWith("Need to get ")) {
            int slash = line.indexOf('/');
            int end = slash < 0 ? line.indexOf(" of archives") : slash;
            step("downloading packages", size(line.substring(12, Math.max(12, end))));
        } else if (line.startsWith("Get:")) {
            // apt tells when it begins with a file: by then the one before has come.
            add(underWay);
            int open = line.lastIndexOf('[');
            underWay = open < 0 ? 0 : Math.max(0, size(line.substring(open + 1, line.length() - 1)));
            if (total > 0) {
                underWay = Math.min(underWay, total - done);
            }
        }
    }

    /** All is done. */
    void finish(String note) {
        progress.finished(id, note);
    }

    /**
     * {@return the bytes that a size of apt's means, such as {@code 37.6 kB}, in powers of 1000; -1 for anything else}
     */
    static long size(String text) {
        int blank = text.indexOf(' ');
        if (blank < 0) {
            return -1;
        }
        double factor = switch (text.substring(blank + 1)) {
            case "B" -> 1;
            case "kB" -> 1e3;
            case "MB" -> 1e6;
            case "GB" -> 1e9;
            default -> -1;
        };
        try {
            double size = Double.parseDouble(text.substring(0, blank).replace(",", "")) * factor;
            return size < 0 ? -1 : (long) size;
        } catch (NumberFormatException other) {
            return -1;
        }
    }
}
