package belljar.image;

/** The media types of the OCI image specification 1.1 and of Docker's image manifest version 2, schema 2. */
public final class MediaTypes {
    /** OCI image index. */
    public static final String OCI_INDEX = "application/vnd.oci.image.index.v1+json";

    /** OCI image manifest. */
    public static final String OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";

    /** OCI image configuration. */
    public static final String OCI_CONFIG = "application/vnd.oci.image.config.v1+json";

    /** OCI layer, not compressed. */
    public static final String OCI_LAYER = "application/vnd.oci.image.layer.v1.tar";

    /** OCI layer compressed with gzip. */
    public static final String OCI_LAYER_GZIP = "application/vnd.oci.image.layer.v1.tar+gzip";

    /** OCI layer compressed with zstd. */
    public static final String OCI_LAYER_ZSTD = "application/vnd.oci.image.layer.v1.tar+zstd";

    /** Prefix of OCI's deprecated layers that must not be distributed; compression suffixes as with other layers. */
    public static final String OCI_LAYER_NONDISTRIBUTABLE = "application/vnd.oci.image.layer.nondistributable.v1.tar";

    /** Docker manifest list. */
    public static final String DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json";

    /** Docker image manifest, schema 2. */
    public static final String DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";

    /** Docker image configuration. */
    public static final String DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json";

    /** Docker layer, not compressed. */
    public static final String DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar";

    /** Docker layer compressed with gzip. */
    public static final String DOCKER_LAYER_GZIP = "application/vnd.docker.image.rootfs.diff.tar.gzip";

    /** Docker layer compressed with zstd. */
    public static final String DOCKER_LAYER_ZSTD = "application/vnd.docker.image.rootfs.diff.tar.zstd";

    /** Docker layer that its registry does not hold. */
    public static final String DOCKER_LAYER_FOREIGN = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";

    /** Docker image manifest, schema 1, signed: known only to be refused by name. */
    public static final String DOCKER_SCHEMA1_SIGNED = "application/vnd.docker.distribution.manifest.v1+prettyjws";

    /** Docker image manifest, schema 1: known only to be refused by name. */
    public static final String DOCKER_SCHEMA1 = "application/vnd.docker.distribution.manifest.v1+json";

    private MediaTypes() {}

    /**
     * {@return whether a document of this type lists manifests by platform}
     *
     * @param type a media type without parameters
     */
    public static boolean isIndex(String type) {
        return type.equals(OCI_INDEX) || type.equals(DOCKER_LIST);
    }

    /**
     * {@return whether a document of this type is one image's manifest}
     *
     * @param type a media type without parameters
     */
    public static boolean isManifest(String type) {
        return type.equals(OCI_MANIFEST) || type.equals(DOCKER_MANIFEST);
    }

    /**
     * {@return whether content of this type is an image's configuration}
     *
     * @param type a media type without parameters
     */
    public static boolean isConfig(String type) {
        return type.equals(OCI_CONFIG) || type.equals(DOCKER_CONFIG);
    }

    /**
     * {@return whether content of this type is an archive of files to unpack}
     *
     * @param type a media type without parameters
     */
    public static boolean isLayer(String type) {
        return type.equals(OCI_LAYER)
                || type.equals(OCI_LAYER_GZIP)
                || type.equals(OCI_LAYER_ZSTD)
                || type.equals(DOCKER_LAYER)
                || type.equals(DOCKER_LAYER_GZIP)
                || type.equals(DOCKER_LAYER_ZSTD)
                || isForeign(type);
    }

    /**
     * {@return whether a layer of this type is fetched from its descriptor's URLs and never pushed}
     *
     * @param type a media type without parameters
     */
    public static boolean isForeign(String type) {
        return type.equals(DOCKER_LAYER_FOREIGN)
                || type.equals("application/vnd.docker.image.rootfs.foreign.diff.tar")
                || type.startsWith(OCI_LAYER_NONDISTRIBUTABLE);
    }

    /**
     * {@return how a layer of this type claims to be compressed; what its first bytes say counts more}
     *
     * @param type the media type of a layer
     */
    public static LayerCompression compression(String type) {
        if (type.endsWith("+gzip") || type.endsWith(".gzip")) {
            return LayerCompression.GZIP;
        }
        return type.endsWith("+zstd") || type.endsWith(".zstd") ? LayerCompression.ZSTD : LayerCompression.NONE;
    }
}
