package belljar.image;

import belljar.failure.BelljarException;
import belljar.failure.HostException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Unpacks packages into one tree. Decompression is nearly all of the work, so packages are read side by side; they
 * enter the tree one after the other in their given order, on which alone the result depends.
 */
final class AptUnpack implements Closeable {
    private static final int MAXIMUM_THREADS = 4;

    private final DebTree tree = new DebTree();
    private final Deque<DebSpool> spools = new ArrayDeque<>();

    private AptUnpack() {}

    /** {@return the tree; its files can be read until this is closed} */
    DebTree tree() {
        return tree;
    }

    /**
     * Unpacks.
     *
     * @param items the packages in the order in which they enter the tree
     * @param directories apt's directories, for temporary files and to know which packages are ours to delete
     * @param progress told of each package's size when it is unpacked
     * @return the tree
     * @throws IOException if a temporary file cannot be made
     * @throws HostException if a package cannot be unpacked
     * @throws belljar.failure.UserException if two packages ship different files at one path
     */
    static AptUnpack all(List<AptDownload.Item> items, AptDirectories directories, AptProgress progress)
            throws IOException {
        long total = 0;
        for (AptDownload.Item item : items) {
            total += Files.size(item.file());
        }
        progress.step("unpacking " + items.size() + (items.size() == 1 ? " package" : " packages"), total);
        AptUnpack unpack = new AptUnpack();
        int threads = Math.clamp(Runtime.getRuntime().availableProcessors(), 1, MAXIMUM_THREADS);
        ExecutorService executor = Executors.newFixedThreadPool(
                threads, Thread.ofPlatform().name("unpack-", 0).daemon().factory());
        boolean done = false;
        try {
            // One for each thread: as many as packages would run into the limit on open files.
            BlockingQueue<DebSpool> idle = new LinkedBlockingQueue<>();
            for (int i = 0; i < threads; i++) {
                DebSpool spool = DebSpool.open(directories.state());
                unpack.spools.add(spool);
                idle.add(spool);
            }
            Deque<Future<DebPackage>> reading = new ArrayDeque<>();
            for (AptDownload.Item item : items) {
                reading.add(executor.submit(() -> read(item, idle)));
            }
            for (AptDownload.Item item : items) {
                long size = Files.size(item.file());
                unpack.add(item, reading.removeFirst(), directories);
                progress.add(size);
            }
            done = true;
            return unpack;
        } finally {
            executor.shutdownNow();
            if (!done) {
                unpack.close();
            }
        }
    }

    /** What is done while no other process works in apt's directories. */
    interface Work<T> {
        T run() throws IOException;
    }

    /**
     * Does something while nobody else works in apt's directories, which are made when needed.
     *
     * @param directories the directories
     * @param progress told that there is a wait
     * @param what what it is, for a sentence that begins with "cannot"
     * @param work what to do
     * @return its result
     * @throws HostException if the directories cannot be used, or {@code work} throws an {@link IOException}
     */
    static <T> T locked(AptDirectories directories, AptProgress progress, String what, Work<T> work) {
        directories.create();
        // A lock on a file excludes other processes only.
        synchronized (AptUnpack.class) {
            try (FileChannel channel =
                    FileChannel.open(directories.lock(), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                progress.step("waiting for another use of apt", -1);
                channel.lock();
                return work.run();
            } catch (IOException e) {
                throw new HostException("cannot " + what + ": " + AptFailure.reason(e), e);
            }
        }
    }

    private static DebPackage read(AptDownload.Item item, BlockingQueue<DebSpool> idle)
            throws IOException, InterruptedException {
        DebSpool spool = idle.take();
        try {
            return DebPackage.read(item.file(), spool, DebFilter.SLIM);
        } finally {
            idle.add(spool);
        }
    }

    private void add(AptDownload.Item item, Future<DebPackage> reading, AptDirectories directories) throws IOException {
        try {
            DebPackage unpacked = reading.get();
            for (DebPackage.Entry entry : unpacked.entries()) {
                tree.add(unpacked.control(), entry.name(), entry.node());
            }
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException cause) {
                throw damaged(item, cause, directories);
            }
            if (e.getCause() instanceof BelljarException cause) {
                throw cause;
            }
            throw new IOException("reading " + item.file() + " failed: " + e.getCause(), e);
        } catch (IOException e) {
            throw damaged(item, e, directories);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while unpacking", e);
        }
    }

    private static HostException damaged(AptDownload.Item item, IOException e, AptDirectories directories)
            throws IOException {
        if (AptFailure.reason(e).startsWith("No space left")) {
            throw e;
        }
        // Ours to delete, and apt would not look at its content again: it goes by the size of what it has.
        boolean ours = item.file().startsWith(directories.home());
        if (ours) {
            Files.deleteIfExists(item.file());
        }
        return new HostException(
                "cannot unpack package '" + item.chosen().name() + "' (" + item.file() + "): " + AptFailure.reason(e)
                        + (ours ? "; the file was removed, so that the next try downloads it again" : ""),
                e);
    }

    @Override
    public void close() throws IOException {
        IOException failed = null;
        while (!spools.isEmpty()) {
            try {
                spools.removeFirst().close();
            } catch (IOException e) {
                failed = e;
            }
        }
        if (failed != null) {
            throw failed;
        }
    }
}
