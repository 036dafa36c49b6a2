package belljar.image;

/**
 * What a request does to which repository, as token servers understand it ({@code repository:NAME:ACTIONS}).
 *
 * @param repository the repository that credentials are looked up for; empty for the registry as a whole
 * @param text the scopes separated by spaces; empty for none
 */
record RegistryScope(String repository, String text) {
    /** No repository: whether the registry answers. */
    static final RegistryScope NONE = new RegistryScope("", "");

    /**
     * {@return the right to read}
     *
     * @param repository the repository
     */
    static RegistryScope pull(String repository) {
        return new RegistryScope(repository, "repository:" + repository + ":pull");
    }

    /**
     * {@return the right to read and write}
     *
     * @param repository the repository
     */
    static RegistryScope push(String repository) {
        return new RegistryScope(repository, "repository:" + repository + ":pull,push");
    }

    /**
     * {@return this right, and the one to read another repository, for mounting its blobs}
     *
     * @param other the repository that has the blobs
     */
    RegistryScope mounting(String other) {
        return new RegistryScope(repository, text + " repository:" + other + ":pull");
    }
}
