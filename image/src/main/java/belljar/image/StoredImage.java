package belljar.image;

import belljar.json.JsonException;
import belljar.json.JsonObject;
import java.util.ArrayList;
import java.util.List;

/**
 * An image in a store, as its record has it: all that a run needs, in one small file. Immutable; safe for use by
 * several threads. The store may delete the image while this is held.
 */
public final class StoredImage {
    private final Descriptor manifest;
    private final Digest id;
    private final ImageConfig config;
    private final long size;
    private final String stored;
    private final List<String> trees;
    private final String ids;
    private final String layersDirectory;

    private StoredImage(
            Descriptor manifest,
            Digest id,
            ImageConfig config,
            long size,
            String stored,
            List<String> trees,
            String ids,
            String layersDirectory) {
        this.manifest = manifest;
        this.id = id;
        this.config = config;
        this.size = size;
        this.stored = stored;
        this.trees = List.copyOf(trees);
        this.ids = ids;
        this.layersDirectory = layersDirectory;
    }

    /** An image whose layers are not unpacked. */
    static StoredImage packed(
            Descriptor manifest, Digest id, ImageConfig config, long size, String stored, String layersDirectory) {
        return new StoredImage(manifest, id, config, size, stored, List.of(), "", layersDirectory);
    }

    StoredImage unpacked(List<String> newTrees, String newIds, long newSize) {
        return new StoredImage(manifest, id, config, newSize, stored, newTrees, newIds, layersDirectory);
    }

    static StoredImage of(JsonObject json, String layersDirectory) throws JsonException {
        Descriptor manifest = Descriptor.of(json.object("manifest"));
        return new StoredImage(
                manifest,
                Digest.parse(json.text("id")),
                ImageConfig.of(json.object("config")),
                json.number("size", 0),
                json.text("stored", ""),
                json.texts("trees"),
                json.text("ids", ""),
                layersDirectory);
    }

    JsonObject toJson() {
        return JsonObject.builder()
                .put("id", id.toString())
                .put("manifest", manifest.toJson())
                .put("size", size)
                .put("stored", stored)
                .put("trees", trees)
                .put("ids", ids)
                .put("config", config.json())
                .build();
    }

    /** {@return the image's id: the digest of its configuration, as Docker and Podman have it} */
    public Digest id() {
        return id;
    }

    /** {@return a pointer to its manifest, with the platform} */
    public Descriptor manifest() {
        return manifest;
    }

    /** {@return its configuration} */
    public ImageConfig config() {
        return config;
    }

    /** {@return the bytes of its layers: of the unpacked files, or of the packed layers while they are not unpacked} */
    public long size() {
        return size;
    }

    /** {@return when it came into the store, RFC 3339} */
    public String stored() {
        return stored;
    }

    /** {@return whether its layers are unpacked, as far as its record knows} */
    public boolean isUnpacked() {
        return trees.size() == config.diffIds().size();
    }

    /**
     * {@return the directories of its unpacked layers, topmost first, as overlayfs lists them}; all in one directory
     * and with short names, because overlayfs takes 4096 bytes of them. Empty until they are unpacked, and for an image
     * without layers
     */
    public List<String> layerDirectories() {
        ArrayList<String> directories = new ArrayList<>(trees.size());
        for (int i = trees.size() - 1; i >= 0; i--) {
            directories.add(layersDirectory + "/" + trees.get(i));
        }
        return directories;
    }

    List<String> trees() {
        return trees;
    }

    /** {@return the ids that its trees belong to, see {@link TreeOwner#ids()}} */
    String ids() {
        return ids;
    }

    /** {@return the record's name in the store; it begins with the id, so that ids are found by listing names} */
    String recordName() {
        return id.hex() + "." + manifest.digest().hex() + ".json";
    }

    /** {@return the id and what it is of, for debugging} */
    @Override
    public String toString() {
        return "image " + id + " (manifest " + manifest.digest() + ")";
    }
}
