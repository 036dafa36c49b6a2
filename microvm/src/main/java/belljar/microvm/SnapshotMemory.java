package belljar.microvm;

import belljar.machine.GuestMemory;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/**
 * A machine's memory in a file: page after page, with holes for those that are zero, so that it can be mapped. A last
 * page tells it from any other file.
 */
final class SnapshotMemory {
    private static final int PAGE = GuestMemory.PAGE;
    private static final String MAGIC = "belljar memory ";

    /** Bytes written in one go. */
    private static final int PIECE = 1 << 20;

    private SnapshotMemory() {}

    /** Writes the file; {@return what it says of itself} */
    static String write(Path to, GuestMemory memory) throws IOException {
        String id = UUID.randomUUID().toString();
        MemorySegment bytes = memory.bytes();
        try (FileChannel file = FileChannel.open(to, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            long size = memory.size();
            for (long at = 0; at < size; ) {
                long end = at;
                while (end < size && end - at < PIECE && !isZero(bytes, end)) {
                    end += PAGE;
                }
                write(file, bytes.asSlice(at, end - at).asByteBuffer(), at);
                at = end == at ? at + PAGE : end;
            }
            byte[] mark = new byte[PAGE];
            byte[] text = (MAGIC + id).getBytes(StandardCharsets.US_ASCII);
            System.arraycopy(text, 0, mark, 0, text.length);
            write(file, ByteBuffer.wrap(mark), size);
            file.force(true);
        }
        return id;
    }

    private static boolean isZero(MemorySegment bytes, long at) {
        return MemorySegment.mismatch(bytes, at, at + PAGE, Zero.PAGE_OF_IT, 0, PAGE) < 0;
    }

    /** A page to compare with. */
    private static final class Zero {
        static final MemorySegment PAGE_OF_IT = MemorySegment.ofArray(new byte[PAGE]);
    }

    private static void write(FileChannel file, ByteBuffer from, long at) throws IOException {
        long next = at;
        while (from.hasRemaining()) {
            next += file.write(from, next);
        }
    }

    /**
     * Makes sure that a file has the memory that belongs to a state.
     *
     * @param directory the snapshot's
     * @param size bytes of memory
     * @param id what {@link #write} has given
     */
    static void check(Path directory, long size, String id) throws IOException {
        Path from = directory.resolve(Snapshot.MEMORY);
        long found = Files.size(from);
        if (found != size + PAGE) {
            throw Snapshot.damaged(directory, "its memory has " + found + " bytes in place of " + (size + PAGE));
        }
        byte[] expected = (MAGIC + id).getBytes(StandardCharsets.US_ASCII);
        ByteBuffer mark = ByteBuffer.allocate(Math.min(expected.length, PAGE));
        try (FileChannel file = FileChannel.open(from, StandardOpenOption.READ)) {
            int count = 0;
            while (mark.hasRemaining() && count >= 0) {
                count = file.read(mark, size + mark.position());
            }
        }
        if (mark.hasRemaining() || !java.util.Arrays.equals(mark.array(), expected)) {
            throw Snapshot.damaged(directory, "its memory belongs to another snapshot");
        }
    }
}
