package belljar.image;

import belljar.failure.UserException;
import belljar.json.Json;
import belljar.json.JsonException;
import belljar.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A list of manifests by platform: OCI image index or Docker manifest list.
 *
 * @param mediaType {@link MediaTypes#OCI_INDEX} or {@link MediaTypes#DOCKER_LIST}
 * @param manifests the entries in document order
 * @param annotations free text by name; mostly empty
 */
public record Index(String mediaType, List<Descriptor> manifests, Map<String, String> annotations) {
    /** Copies the collections. */
    public Index {
        manifests = List.copyOf(manifests);
        annotations = Descriptor.unmodifiable(annotations);
    }

    /**
     * {@return an index from its bytes}
     *
     * @param content the document
     * @param what what to call it in an error, such as {@code the index of busybox:latest}
     * @throws UserException if it is damaged or no index
     */
    public static Index parse(byte[] content, String what) {
        return Documents.read(content, what, Index::of);
    }

    private static Index of(JsonObject json) throws JsonException {
        String mediaType = json.text("mediaType", MediaTypes.OCI_INDEX);
        if (!MediaTypes.isIndex(mediaType) || json.has("layers") || json.has("config")) {
            throw new JsonException("it is not an index of images");
        }
        json.require("manifests");
        ArrayList<Descriptor> manifests = new ArrayList<>();
        for (Json manifest : json.list("manifests")) {
            manifests.add(Descriptor.of(manifest.asObject()));
        }
        return new Index(mediaType, manifests, Descriptor.texts(json, "annotations"));
    }

    /**
     * {@return the entry that fits a platform best; the first of equals}
     *
     * @param wanted the platform; entries that name none fit it, but worse than any that does
     * @param what the image's name, for the message
     * @throws UserException if none fits; the message lists what there is
     */
    public Descriptor select(Platform wanted, String what) {
        int best = -1;
        int bestFit = -1;
        StringBuilder found = new StringBuilder();
        for (int i = 0; i < manifests.size(); i++) {
            Descriptor entry = manifests.get(i);
            int fit = entry.platform().isPresent() ? entry.platform().get().fit(wanted) + 1 : 0;
            // Entries without a platform may be images, but signatures and other artifacts too: those are passed over.
            boolean usable = MediaTypes.isManifest(entry.mediaType()) || MediaTypes.isIndex(entry.mediaType());
            boolean misfit = entry.platform().isPresent() && fit == 0;
            if (usable && !misfit && fit > bestFit) {
                best = i;
                bestFit = fit;
            }
            if (misfit && !entry.platform().get().os().equals("unknown")) {
                found.append(found.isEmpty() ? "" : ", ")
                        .append(entry.platform().get());
            }
        }
        if (best < 0) {
            throw new UserException(what + " has no image for " + wanted
                    + (found.isEmpty() ? "" : "; there are images for " + found + " (choose with --platform)"));
        }
        return manifests.get(best);
    }

    /** {@return the document; equal indexes give equal bytes} */
    public byte[] toBytes() {
        ArrayList<Json> entries = new ArrayList<>();
        for (Descriptor manifest : manifests) {
            entries.add(manifest.toJson());
        }
        JsonObject.Builder json = JsonObject.builder()
                .put("schemaVersion", 2)
                .put("mediaType", mediaType)
                .put("manifests", new Json.Arr(entries));
        if (!annotations.isEmpty()) {
            json.put("annotations", Descriptor.object(annotations));
        }
        return Documents.write(json.build());
    }
}
