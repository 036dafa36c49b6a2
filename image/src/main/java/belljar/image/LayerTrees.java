package belljar.image;

import belljar.failure.BelljarException;
import belljar.failure.BugException;
import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.json.Json;
import belljar.json.JsonException;
import belljar.json.JsonObject;
import belljar.linux.At;
import belljar.linux.Errno;
import belljar.linux.Fs;
import belljar.linux.HostKernel;
import belljar.linux.OpenFlags;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The unpacked layers: each one a directory of its own, shared by all images that have it and the same layers below,
 * never changed once it has its name. Names are short, since overlayfs takes 4096 bytes of them; a small file for each
 * chain of layers says which name its topmost got, and is what makes a tree count as there.
 *
 * <p>Safe for use by several threads and processes.
 */
final class LayerTrees {
    private static final int RENAME_NOREPLACE = 1;
    private static final int SHORTEST_NAME = 12;

    private final ContentStore store;
    private final TreeOwner owner;
    private final Path layers;
    private final Path meta;

    LayerTrees(ContentStore store, TreeOwner owner) {
        this.store = store;
        this.owner = owner;
        this.layers = Path.of(store.layersDirectory());
        this.meta = layers.resolve("meta");
    }

    /**
     * One unpacked layer.
     *
     * @param name its directory's name
     * @param size the bytes of its files
     * @param ids the ids they belong to, see {@link TreeOwner#ids()}
     * @param chain the layer's digest together with all below it, hexadecimal; see {@link #chainId}
     */
    record Tree(String name, long size, String ids, String chain) {}

    /** {@return whether all trees that an image's record names are there} On every run's path: one call a layer. */
    boolean present(StoredImage image) {
        if (!image.isUnpacked() || !image.ids().equals(owner.ids())) {
            return false;
        }
        List<String> directories = image.layerDirectories();
        for (int i = 0; i < directories.size(); i++) {
            if (!StoreFiles.exists(directories.get(i))) {
                return false;
            }
        }
        return true;
    }

    /** {@return the image with all its layers unpacked} Unpacks what is missing, lowest first. */
    StoredImage prepare(StoredImage image, Progress progress) {
        boolean variant = !owner.variant().isEmpty();
        if (!variant && present(image)) {
            return image;
        }
        try (StoreLock _ = StoreLock.shared(store.contentLockPath())) {
            List<Descriptor> packed = store.manifest(image).layers();
            List<Tree> trees = unpackAll(packed, image.config().diffIds(), progress);
            ArrayList<String> names = new ArrayList<>();
            long size = 0;
            for (Tree tree : trees) {
                names.add(tree.name());
                size += tree.size();
            }
            StoredImage unpacked = image.unpacked(names, owner.ids(), size);
            if (variant) {
                return unpacked; // the record tells of the default's trees, which most runs need
            }
            try (StoreLock _ = store.writeLock()) {
                store.records().write(unpacked);
            }
            return unpacked;
        }
    }

    private List<Tree> unpackAll(List<Descriptor> packed, List<Digest> diffIds, Progress progress) {
        ArrayList<Tree> trees = new ArrayList<>();
        for (int i = 0; i < packed.size(); i++) {
            trees.add(unpack(packed.get(i), diffIds, trees, progress));
        }
        return trees;
    }

    /**
     * {@return the tree of a layer} Unpacks it unless it is there; waits while somebody else does.
     *
     * @param layer the packed layer
     * @param diffIds all of the image's
     * @param below the trees of all layers below, lowest first; how many they are says which layer this is
     */
    Tree unpack(Descriptor layer, List<Digest> diffIds, List<Tree> below, Progress progress) {
        Digest chainId = chainId(diffIds, below.size());
        Optional<Tree> known = find(chainId);
        if (known.isPresent()) {
            return known.get();
        }
        StoreFiles.makeDirectory(meta);
        StoreLock lock = StoreLock.exclusive(meta.resolve(key(chainId).hex() + ".lock"));
        try {
            known = find(chainId);
            return known.isPresent()
                    ? known.get()
                    : unpackNow(layer, diffIds.get(below.size()), chainId, below, progress);
        } finally {
            lock.deleteAndClose();
        }
    }

    /**
     * {@return the digest of a layer together with all below it} OCI image specification, "Layer ChainID". Trees go by
     * it rather than by the layer's own digest, since a directory that a layer uses but does not describe looks like
     * the one below.
     */
    static Digest chainId(List<Digest> diffIds, int index) {
        Digest chain = diffIds.get(0);
        for (int i = 1; i <= index; i++) {
            chain = Digest.sha256((chain + " " + diffIds.get(i)).getBytes(StandardCharsets.US_ASCII));
        }
        return chain;
    }

    /** {@return what a tree goes by: its chain of layers and, where it is not the default's, its variant} */
    private Digest key(Digest chainId) {
        return owner.variant().isEmpty()
                ? chainId
                : Digest.sha256((chainId + " " + owner.variant()).getBytes(StandardCharsets.US_ASCII));
    }

    private Tree unpackNow(Descriptor layer, Digest diffId, Digest chainId, List<Tree> below, Progress progress) {
        Path temporary = StoreFiles.temporary(layers, chainId.shortHex());
        String id = "unpack " + layer.digest();
        progress.started(id, "unpack " + layer.digest().shortHex(), layer.size());
        try (InputStream in = store.open(layer.digest());
                ProgressStream counted = new ProgressStream(in, id, progress)) {
            UnpackedLayer unpacked = unpackInto(temporary, counted, below);
            if (!unpacked.diffId().equals(diffId)) {
                throw new UserException("its content has the digest " + unpacked.diffId() + " instead of " + diffId
                        + ", which the image promises");
            }
            Digest key = key(chainId);
            String name = name(temporary, key);
            Tree tree = new Tree(name, unpacked.archiveBytes(), owner.ids(), chainId.hex());
            JsonObject description = JsonObject.builder()
                    .put("tree", name)
                    .put("size", tree.size())
                    .put("ids", tree.ids())
                    .put("chain", tree.chain())
                    .build();
            StoreFiles.replace(metaOf(key), Documents.write(description));
            progress.finished(id, "done");
            return tree;
        } catch (IOException e) {
            discard(temporary);
            throw StoreFiles.failure("unpack the layer " + layer.digest(), e);
        } catch (BelljarException e) {
            progress.finished(id, "failed");
            discard(temporary);
            throw named(layer, e);
        }
    }

    /** Tells a damaged disk, where fetching again helps, from a damaged image, where it does not. */
    private BelljarException named(Descriptor layer, BelljarException e) {
        if (!(e instanceof UserException)) {
            return e;
        }
        if (store.dropDamaged(layer.digest())) {
            return new HostException(
                    "the layer " + layer.digest() + " was damaged on disk and is deleted; pull or load the image again",
                    e);
        }
        return new UserException("cannot unpack the layer " + layer.digest() + ": " + e.getMessage(), e);
    }

    private UnpackedLayer unpackInto(Path directory, InputStream packed, List<Tree> below) {
        try (TreeOwner.Calls calls = owner.open()) {
            Fs fs = calls.fs();
            ArrayList<Integer> open = new ArrayList<>();
            try {
                for (int i = below.size() - 1; i >= 0; i--) {
                    open.add(directory(fs, layers.resolve(below.get(i).name())));
                }
                UnpackOptions options = owner.options().withLower(List.copyOf(open));
                fs.mkdir(At.FDCWD, directory.toString(), 0755);
                int target = directory(fs, directory);
                open.add(target);
                if (!owner.variant().isEmpty()) {
                    fs.chown(target, (int) options.owners().uid(0), (int)
                            options.owners().gid(0));
                }
                return LayerUnpacker.unpack(fs, target, packed, options);
            } finally {
                for (int fd : open) {
                    fs.close(fd);
                }
            }
        }
    }

    private static int directory(Fs fs, Path path) {
        return fs.open(At.FDCWD, path.toString(), OpenFlags.DIRECTORY | OpenFlags.RDONLY, 0);
    }

    /** Deletes what came of a failed attempt; the failure counts more than this one's, and a sweep tries again. */
    private void discard(Path temporary) {
        try {
            delete(List.of(temporary));
        } catch (BelljarException left) {
            // It has a temporary name.
        }
    }

    /**
     * Deletes trees, whoever owns their files; absence is no error.
     *
     * @throws HostException if one cannot be deleted; all others are gone then
     */
    void delete(List<Path> trees) {
        if (trees.isEmpty()) {
            return;
        }
        BelljarException first = null;
        try (TreeOwner.Calls calls = owner.open()) {
            for (Path tree : trees) {
                try {
                    delete(calls.fs(), tree);
                } catch (BelljarException e) {
                    first = first == null ? e : first;
                }
            }
        }
        if (first != null) {
            throw first;
        }
    }

    private static void delete(Fs fs, Path tree) {
        if (fs.caller() instanceof HostKernel) {
            StoreFiles.deleteTree(tree);
            return;
        }
        int parent = directory(fs, StoreFiles.parent(tree));
        try {
            fs.removeTree(parent, StoreFiles.leaf(tree));
        } catch (HostException e) {
            if (e.errno() == Errno.EACCES || e.errno() == Errno.EPERM) {
                throw new HostException(
                        "cannot delete " + tree + ": it belongs to ids that /etc/subuid and /etc/subgid no longer"
                                + " grant you; have it deleted by root",
                        e);
            }
            throw e;
        } finally {
            fs.close(parent);
        }
    }

    /**
     * Gives a tree its name, the start of its digest: as short as is still free. What has a name is whole even after a
     * power failure, for which the file system is written to disk once, rather than each of the files.
     */
    private String name(Path temporary, Digest chainId) {
        int fd = Fs.HOST.open(At.FDCWD, StoreFiles.parent(temporary).toString(), OpenFlags.DIRECTORY, 0);
        try {
            Fs.HOST.content().syncFileSystem(fd);
        } finally {
            Fs.HOST.close(fd);
        }
        for (int length = SHORTEST_NAME; length <= chainId.hex().length(); length += 4) {
            String name = chainId.hex().substring(0, length);
            try {
                Fs.HOST.rename(
                        At.FDCWD,
                        temporary.toString(),
                        At.FDCWD,
                        layers.resolve(name).toString(),
                        RENAME_NOREPLACE);
                return name;
            } catch (HostException e) {
                if (e.errno() != Errno.EEXIST) {
                    throw e;
                }
            }
        }
        throw new BugException("the tree " + chainId + " exists but is not described", null);
    }

    private Path metaOf(Digest chainId) {
        return meta.resolve(chainId.hex() + ".json");
    }

    /** {@return the tree of a layer where it is unpacked for this owner} */
    Optional<Tree> find(Digest chainId) {
        Optional<Tree> tree = described(key(chainId).hex());
        if (tree.isEmpty() || !tree.get().ids().equals(owner.ids())) {
            return Optional.empty();
        }
        boolean there = StoreFiles.exists(layers.resolve(tree.get().name()).toString());
        return there ? tree : Optional.empty();
    }

    /** {@return the tree that a layer's description names, there or not} */
    Optional<Tree> described(String hex) {
        byte[] content = StoreFiles.read(meta.resolve(hex + ".json").toString());
        if (content == null) {
            return Optional.empty();
        }
        try {
            JsonObject json =
                    Json.parse(new String(content, StandardCharsets.UTF_8)).asObject();
            Tree tree =
                    new Tree(json.text("tree"), json.number("size", 0), json.text("ids", ""), json.text("chain", hex));
            return Digest.isHex(tree.name()) ? Optional.of(tree) : Optional.empty();
        } catch (JsonException e) {
            // Whatever it was, unpacking again replaces it.
            return Optional.empty();
        }
    }

    Path directory() {
        return layers;
    }

    Path metaDirectory() {
        return meta;
    }
}
