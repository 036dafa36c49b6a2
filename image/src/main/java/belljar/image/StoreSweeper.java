package belljar.image;

import belljar.failure.BelljarException;
import belljar.failure.HostException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Deletes what no record needs. The caller holds the content lock exclusively, so nothing is on its way in. */
final class StoreSweeper {
    private final ContentStore store;
    private final LayerTrees trees;
    private long reclaimed;

    StoreSweeper(ContentStore store, LayerTrees trees) {
        this.store = store;
        this.trees = trees;
    }

    /** Deletes what a dead process left under temporary names. What cannot be deleted is left to {@link #sweep}. */
    static void sweepTemporaries(ContentStore store, LayerTrees trees) {
        sweepBooks(store);
        sweepFiles(store.ingestDirectory());
        sweepFiles(trees.metaDirectory());
        ArrayList<Path> doomed = new ArrayList<>();
        for (Path child : children(trees.directory())) {
            if (leaf(child).startsWith(StoreFiles.TEMPORARY)) {
                doomed.add(child);
            }
        }
        try {
            trees.delete(doomed);
        } catch (HostException notOurs) {
            // Whoever fetches an image has no use for this failure; whoever prunes gets it.
        }
    }

    /** Under the write lock, since names are given without the content lock. */
    private static void sweepBooks(ContentStore store) {
        try (StoreLock _ = store.writeLock()) {
            store.records().sweepTemporaries();
            sweepFiles(store.imagesDirectory());
        }
    }

    private static void sweepFiles(Path directory) {
        for (Path child : children(directory)) {
            if (leaf(child).startsWith(StoreFiles.TEMPORARY)) {
                StoreFiles.deleteQuietly(child);
            }
        }
    }

    /** {@return how many bytes were freed} Deletes blobs, partial downloads and trees that no record leads to. */
    long sweep() {
        sweepBooks(store);
        Set<String> blobs = new HashSet<>();
        Set<String> layers = new HashSet<>();
        for (String name : store.records().recordNames()) {
            Optional<StoredImage> image = store.records().byRecord(name);
            if (image.isPresent()) {
                mark(image.get(), blobs, layers);
            }
        }
        for (String algorithm : List.of("sha256", "sha512")) {
            for (Path blob : children(store.path(new Digest("sha256", "0".repeat(64)))
                    .resolve("../../" + algorithm)
                    .normalize())) {
                if (!blobs.contains(algorithm + ":" + leaf(blob))) {
                    delete(blob);
                }
            }
        }
        for (Path partial : children(store.ingestDirectory())) {
            delete(partial);
        }
        sweepTrees(layers);
        return reclaimed;
    }

    private void mark(StoredImage image, Set<String> blobs, Set<String> layers) {
        blobs.add(image.manifest().digest().toString());
        blobs.add(image.id().toString());
        for (int i = 0; i < image.config().diffIds().size(); i++) {
            layers.add(LayerTrees.chainId(image.config().diffIds(), i).hex());
        }
        try {
            for (Descriptor layer : store.manifest(image).layers()) {
                blobs.add(layer.digest().toString());
            }
        } catch (BelljarException damaged) {
            // Its layers cannot be told, so they are not kept; pulling it again brings all of it.
        }
    }

    private void sweepTrees(Set<String> layers) {
        Set<String> kept = new HashSet<>();
        Map<String, Long> sizes = new HashMap<>();
        for (Path meta : children(trees.metaDirectory())) {
            String name = leaf(meta);
            if (!name.endsWith(".json")) {
                StoreFiles.deleteTree(meta);
                continue;
            }
            String hex = name.substring(0, name.length() - 5);
            Optional<LayerTrees.Tree> tree = trees.described(hex);
            if (tree.isPresent() ? layers.contains(tree.get().chain()) : layers.contains(hex)) {
                tree.ifPresent(found -> kept.add(found.name()));
            } else {
                tree.ifPresent(found -> sizes.put(found.name(), found.size()));
                // The description goes first: a tree without one counts as absent.
                StoreFiles.deleteTree(meta);
            }
        }
        ArrayList<Path> doomed = new ArrayList<>();
        for (Path tree : children(trees.directory())) {
            String name = leaf(tree);
            if (!name.equals("meta") && !kept.contains(name)) {
                doomed.add(rename(tree));
                reclaimed += sizes.getOrDefault(name, 0L);
            }
        }
        trees.delete(doomed);
    }

    private Path rename(Path tree) {
        if (leaf(tree).startsWith(StoreFiles.TEMPORARY)) {
            return tree;
        }
        Path doomed = StoreFiles.temporary(trees.directory(), "deleted");
        try {
            // Under its own name a half-deleted tree could be taken for a whole one.
            Files.move(tree, doomed, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw StoreFiles.failure("delete " + tree, e);
        }
        return doomed;
    }

    private void delete(Path file) {
        try {
            long size = Files.size(file);
            Files.delete(file);
            reclaimed += size;
        } catch (NoSuchFileException gone) {
            // Nothing is left to delete.
        } catch (IOException e) {
            throw StoreFiles.failure("delete " + file, e);
        }
    }

    private static String leaf(Path path) {
        return StoreFiles.leaf(path);
    }

    static List<Path> children(Path directory) {
        ArrayList<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
            for (Path path : stream) {
                found.add(path);
            }
        } catch (NoSuchFileException absent) {
            return List.of();
        } catch (IOException e) {
            throw StoreFiles.failure("list " + directory, e);
        }
        return found;
    }
}
