package belljar.linux;

import java.lang.foreign.MemorySegment;

/**
 * Gives memory back to the host while it stays mapped (madvise(2)). Parts begin at a page's start and have whole pages
 * of 4096 bytes. From any thread; what others write there meanwhile may be lost.
 */
public final class MemoryAdvice {
    private static final int DONTNEED = 4;
    private static final int REMOVE = 9;

    private MemoryAdvice() {}

    /**
     * Drops the pages of memory that is mapped privately: they are read as the mapped file has them, or as zeros where
     * there is no file.
     *
     * @param part the memory
     * @throws belljar.failure.HostException if it is not whole pages, or locked
     */
    public static void drop(MemorySegment part) {
        advise(part, DONTNEED);
    }

    /**
     * Drops the pages of memory that is mapped as shared, together with what the file behind it has there: they are
     * read as zeros by everybody.
     *
     * @param part the memory
     * @throws belljar.failure.HostException if it is not whole pages, or mapped otherwise
     */
    public static void remove(MemorySegment part) {
        advise(part, REMOVE);
    }

    private static void advise(MemorySegment part, int advice) {
        Errno.check(
                "madvise",
                "give " + part.byteSize() + " bytes of memory back to the host",
                HostKernel.INSTANCE.call(Nr.MADVISE, part.address(), part.byteSize(), advice));
    }
}
