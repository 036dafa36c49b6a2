package belljar.image;

import belljar.failure.UserException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Removing and pruning: takes names and records away, then whatever content nothing needs any more. */
final class ImageDeletion {
    private final ContentStore store;
    private final LayerTrees trees;
    private final ImageUsers users;
    private final ArrayList<Reference> untagged = new ArrayList<>();
    private final ArrayList<Digest> deleted = new ArrayList<>();

    ImageDeletion(ContentStore store, LayerTrees trees, ImageUsers users) {
        this.store = store;
        this.trees = trees;
        this.users = users;
    }

    /** Docker's rules: a name is taken away first, and the image goes with its last one. */
    ImageRemoval remove(String text, StoredImage image, Optional<Reference> byName, boolean force) {
        try (StoreLock _ = store.writeLock()) {
            List<Reference> names = namesOf(image);
            List<Reference> tags = tags(names);
            boolean whole = byName.isEmpty()
                    || tags.isEmpty()
                    || tags.size() == 1 && tags.contains(byName.get())
                    || byName.get().digest().isPresent() && tags.isEmpty();
            if (byName.isEmpty() && tags.size() > 1 && !force) {
                throw new UserException("the image " + text + " has " + tags.size()
                        + " names: remove them by name, or use --force to remove all");
            }
            List<String> holders = whole ? users.of(image.id()) : List.of();
            if (!holders.isEmpty() && !force) {
                throw new UserException("the image " + text + " is used by the container " + holders.get(0)
                        + (holders.size() > 1 ? " and " + (holders.size() - 1) + " more" : "")
                        + ": remove it first, or use --force to remove the image's name only");
            }
            if (!whole) {
                untag(byName.get());
            } else {
                for (Reference name : names) {
                    untag(name);
                }
                if (holders.isEmpty()) {
                    deleteRecords(image.id());
                }
            }
            store.writeIndex();
        }
        return sweep();
    }

    ImageRemoval prune(boolean all) {
        try (StoreLock _ = store.writeLock()) {
            List<ImageRecords.Link> links = store.records().links();
            for (String record : store.records().recordNames()) {
                Optional<StoredImage> image = store.records().byRecord(record);
                if (image.isEmpty() || !users.of(image.get().id()).isEmpty()) {
                    continue;
                }
                ArrayList<Reference> names = new ArrayList<>();
                for (ImageRecords.Link link : links) {
                    if (link.recordName().equals(record)) {
                        names.add(link.name());
                    }
                }
                boolean dangling = tags(names).isEmpty() && !store.records().hasAlias(record);
                if (all || dangling) {
                    for (Reference name : names) {
                        untag(name);
                    }
                    store.records().delete(record);
                    deleted.add(image.get().id());
                }
            }
            store.writeIndex();
        }
        return sweep();
    }

    private void untag(Reference name) {
        store.records().unlink(name);
        untagged.add(name);
    }

    private void deleteRecords(Digest id) {
        for (String record : store.records().recordNames()) {
            if (record.startsWith(id.hex())) {
                store.records().delete(record);
            }
        }
        deleted.add(id);
    }

    private List<Reference> namesOf(StoredImage image) {
        ArrayList<Reference> names = new ArrayList<>();
        for (ImageRecords.Link link : store.records().links()) {
            if (link.recordName().startsWith(image.id().hex())) {
                names.add(link.name());
            }
        }
        return names;
    }

    private static List<Reference> tags(List<Reference> names) {
        ArrayList<Reference> tags = new ArrayList<>();
        for (Reference name : names) {
            if (name.digest().isEmpty()) {
                tags.add(name);
            }
        }
        return tags;
    }

    private ImageRemoval sweep() {
        Optional<StoreLock> alone = StoreLock.tryExclusive(store.contentLockPath());
        if (alone.isEmpty()) {
            return new ImageRemoval(untagged, deleted, 0, true);
        }
        try (StoreLock _ = alone.get()) {
            return new ImageRemoval(untagged, deleted, new StoreSweeper(store, trees).sweep(), false);
        }
    }
}
