package belljar.image;

import belljar.failure.BelljarException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
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

    /** Deletes what a dead process left under temporary names. */
    static void sweepTemporaries(ContentStore store, LayerTrees trees) {
        for (Path directory : List.of(store.ingestDirectory(), trees.directory(), trees.metaDirectory())) {
            for (Path child : children(directory)) {
                if (leaf(child).startsWith(StoreFiles.TEMPORARY)) {
                    StoreFiles.deleteTree(child);
                }
            }
        }
    }

    /** {@return how many bytes were freed} Deletes blobs, partial downloads and trees that no record leads to. */
    long sweep() {
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
        for (Path meta : children(trees.metaDirectory())) {
            String name = leaf(meta);
            if (!name.endsWith(".json")) {
                StoreFiles.deleteTree(meta);
                continue;
            }
            String hex = name.substring(0, name.length() - 5);
            if (layers.contains(hex)) {
                Optional<LayerTrees.Tree> tree = trees.find(new Digest(hex.length() == 64 ? "sha256" : "sha512", hex));
                tree.ifPresent(found -> kept.add(found.name()));
            } else {
                // The description goes first: a tree without one counts as absent.
                StoreFiles.deleteTree(meta);
            }
        }
        for (Path tree : children(trees.directory())) {
            String name = leaf(tree);
            if (!name.equals("meta") && !kept.contains(name)) {
                deleteDirectory(tree);
            }
        }
    }

    private void deleteDirectory(Path tree) {
        Path doomed = StoreFiles.temporary(trees.directory(), "deleted");
        try {
            // Under its own name a half-deleted tree could be taken for a whole one.
            Files.move(tree, doomed, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw StoreFiles.failure("delete " + tree, e);
        }
        reclaimed += size(doomed);
        StoreFiles.deleteTree(doomed);
    }

    private static long size(Path tree) {
        long[] sum = new long[1];
        try {
            Files.walkFileTree(tree, new java.nio.file.SimpleFileVisitor<>() {
                @Override
                public java.nio.file.FileVisitResult visitFile(
                        Path file, java.nio.file.attribute.BasicFileAttributes attributes) {
                    sum[0] += attributes.isRegularFile() ? attributes.size() : 0;
                    return java.nio.file.FileVisitResult.CONTINUE;
                }

                @Override
                public java.nio.file.FileVisitResult visitFileFailed(Path file, IOException e) {
                    return java.nio.file.FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            return sum[0];
        }
        return sum[0];
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
