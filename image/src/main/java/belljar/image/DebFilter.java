package belljar.image;

/**
 * Which files of a package go into an image: all but manuals and translations, as in Debian's own slim container
 * images. Copyright files stay, since licences ask for them, and so do links, which cost nothing.
 */
interface DebFilter {
    /** Leaves manuals and translations out. */
    DebFilter SLIM = DebFilter::slim;

    /**
     * {@return whether an entry is taken}
     *
     * @param name its name as it stands in the package
     * @param node what it is
     */
    boolean takes(String name, DebNode node);

    private static boolean slim(String name, DebNode node) {
        if (node instanceof DebNode.Link) {
            return true;
        }
        // Directories come back as parents of what is taken, so that no empty ones are left.
        if (under(name, "usr/share/doc/")) {
            return name.endsWith("/copyright");
        }
        return !under(name, "usr/share/man/")
                && !under(name, "usr/share/info/")
                && !under(name, "usr/share/locale/")
                && !under(name, "usr/share/lintian/");
    }

    private static boolean under(String name, String directory) {
        return name.startsWith(directory, name.startsWith("./") ? 2 : 0);
    }
}
