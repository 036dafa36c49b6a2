package belljar.image;

import belljar.failure.BelljarException;
import belljar.failure.HostException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Unpacks layers as soon as they and all below them have arrived, while others are still on their way. Only a head
 * start: whoever asks for the image's trees afterwards finds these there, and unpacks whatever is missing, with the
 * proper error.
 *
 * <p>Safe for use by several threads.
 */
final class EarlyUnpack implements BlobArrivals, AutoCloseable {
    private final ContentStore store;
    private final LayerTrees trees;
    private final Progress progress;
    private final ExecutorService worker = Executors.newSingleThreadExecutor();
    private final Set<Digest> arrived = new HashSet<>();
    private final ArrayList<Future<?>> running = new ArrayList<>();
    private final ArrayList<LayerTrees.Tree> unpacked = new ArrayList<>();
    private @Nullable Manifest manifest;
    private List<Digest> diffIds = List.of();

    EarlyUnpack(ContentStore store, LayerTrees trees, Progress progress) {
        this.store = store;
        this.trees = trees;
        this.progress = progress;
    }

    @Override
    public synchronized void manifest(Manifest known) {
        manifest = known;
    }

    @Override
    public synchronized void blob(Descriptor blob) {
        Manifest known = manifest;
        if (known == null) {
            return;
        }
        arrived.add(blob.digest());
        if (blob.digest().equals(known.config().digest())) {
            diffIds = readDiffIds(blob.digest());
        }
        // A configuration that contradicts the manifest is refused when the image is committed, not here.
        if (diffIds.size() != known.layers().size()) {
            return;
        }
        while (running.size() < diffIds.size()
                && arrived.contains(known.layers().get(running.size()).digest())) {
            int index = running.size();
            Descriptor layer = known.layers().get(index);
            List<Digest> ids = diffIds;
            running.add(worker.submit(() -> unpack(layer, ids, index)));
        }
    }

    /** On the one worker, so in order: each layer needs those below. */
    private void unpack(Descriptor layer, List<Digest> ids, int index) {
        if (unpacked.size() == index) {
            unpacked.add(trees.unpack(layer, ids, unpacked, progress));
        }
    }

    private List<Digest> readDiffIds(Digest config) {
        try {
            return ImageConfig.parse(store.read(config), "the image's configuration")
                    .diffIds();
        } catch (BelljarException damaged) {
            return List.of();
        }
    }

    /** Waits for what has begun, whatever became of it. */
    void await() {
        List<Future<?>> waiting;
        synchronized (this) {
            waiting = List.copyOf(running);
        }
        for (Future<?> each : waiting) {
            try {
                each.get();
            } catch (ExecutionException e) {
                // Unpacking the image meets the same failure and reports it.
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new HostException("unpacking was interrupted", e);
            }
        }
    }

    @Override
    public void close() {
        worker.shutdownNow();
        worker.close();
    }
}
