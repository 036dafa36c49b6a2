package belljar.image;

/**
 * Told what of an image has arrived while the rest is still on its way, so that layers can be unpacked meanwhile.
 * Called by several threads at once, the transferring ones: what takes long belongs on a thread of the listener's own.
 */
public interface BlobArrivals {
    /** Tells nobody. */
    BlobArrivals NONE = new BlobArrivals() {
        @Override
        public void manifest(Manifest manifest) {}

        @Override
        public void blob(Descriptor blob) {}
    };

    /**
     * The image's manifest is known, and checked to be an image's; called once, before any blob.
     *
     * @param manifest the manifest
     */
    void manifest(Manifest manifest);

    /**
     * A blob is complete in the store, its digest checked; called once for each distinct blob.
     *
     * @param blob the configuration or a layer
     */
    void blob(Descriptor blob);
}
