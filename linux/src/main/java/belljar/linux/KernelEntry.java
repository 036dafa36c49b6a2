package belljar.linux;

import java.nio.ByteBuffer;

/**
 * The way out of the JVM, by one of two roads that do the same: {@link NativeCalls}, a library of our own machine code
 * that the build writes to a file, and {@link ForeignCalls}, the Foreign Function and Memory API, which needs no file.
 * The first costs a process 1 ms at its start, the second more than 20.
 */
interface KernelEntry {
    /** Names the library's file; without it the foreign function API serves. */
    String LIBRARY = "belljar.library";

    /** {@return the road for this process} */
    static KernelEntry choose() {
        String library = System.getProperty(LIBRARY);
        return library == null ? new ForeignCalls() : new NativeCalls(library);
    }

    /** {@return the kernel's result: 0 or more, or the negated errno} */
    long call(long nr, long a, long b, long c, long d, long e, long f);

    /** Makes a process; see {@link HostKernel#spawn}. */
    long spawn(long cloneArgs, long size, long parameters);

    /** Asks a stub to work; see {@link HostCode#ring}. {@return 0, or the negated errno of sendto} */
    long ring(long shared, long socket);

    /** Waits for a stub's answer; see {@link HostCode#await}. {@return 1, 0 when it is gone, or a negated errno} */
    long await(long shared, long socket, long spins);

    /** {@return the address of a direct buffer's first byte} */
    long address(ByteBuffer buffer);

    /** {@return memory of this process as a buffer} Nothing keeps the memory alive. */
    ByteBuffer buffer(long address, long size);
}
