package belljar.image;

/** Docker Hub's several names, and where a registry's interface is found. */
final class RegistryHost {
    /** The name of Docker Hub in references and in this package. */
    static final String HUB = "docker.io";

    private RegistryHost() {}

    /**
     * {@return the one name under which a registry is known here}
     *
     * @param name a host with an optional port; other text is returned as it is
     */
    static String canonical(String name) {
        return name.equals("index.docker.io") || name.equals("registry-1.docker.io") ? HUB : name;
    }

    /**
     * {@return the host and port that serve a registry's interface}
     *
     * @param canonical the registry's canonical name
     */
    static String authority(String canonical) {
        return canonical.equals(HUB) ? "registry-1.docker.io" : canonical;
    }
}
