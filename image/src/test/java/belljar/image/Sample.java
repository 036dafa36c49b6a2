package belljar.image;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Images of made-up layers, for tests of everything but the layers' content. */
final class Sample {
    private Sample() {}

    /** Stores an image whose layers are these bytes, uncompressed. */
    static StoredImage image(ContentStore store, String cmd, List<byte[]> layers, String... names) {
        Descriptor manifest = put(store, cmd, layers);
        ArrayList<Reference> references = new ArrayList<>();
        for (String name : names) {
            references.add(Reference.parse(name));
        }
        return store.commit(manifest, references);
    }

    static Descriptor put(ContentStore store, String cmd, List<byte[]> layers) {
        ArrayList<Descriptor> pointers = new ArrayList<>();
        ImageConfigBuilder config = ImageConfig.builder(Platform.HOST).cmd(List.of(cmd));
        for (byte[] layer : layers) {
            pointers.add(store.put(MediaTypes.OCI_LAYER, layer));
            config.layer(Digest.sha256(layer), "", "test");
        }
        Descriptor pointer = store.put(MediaTypes.OCI_CONFIG, config.build().toBytes());
        Manifest manifest = new Manifest(MediaTypes.OCI_MANIFEST, pointer, pointers, Map.of());
        return store.put(MediaTypes.OCI_MANIFEST, manifest.toBytes());
    }
}
