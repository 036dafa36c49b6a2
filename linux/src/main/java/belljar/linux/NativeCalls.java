package belljar.linux;

import java.nio.ByteBuffer;

/** The road through the library that {@link NativeLibrary} makes, by the Java Native Interface. */
final class NativeCalls implements KernelEntry {
    NativeCalls(String library) {
        System.load(library);
    }

    @Override
    public long call(long nr, long a, long b, long c, long d, long e, long f) {
        return call0(nr, a, b, c, d, e, f);
    }

    @Override
    public long spawn(long cloneArgs, long size, long parameters) {
        return spawn0(cloneArgs, size, parameters);
    }

    @Override
    public long ring(long shared, long socket) {
        return ring0(shared, socket);
    }

    @Override
    public long await(long shared, long socket, long spins) {
        return await0(shared, socket, spins);
    }

    @Override
    public long address(ByteBuffer buffer) {
        return address0(buffer);
    }

    @Override
    public ByteBuffer buffer(long address, long size) {
        return buffer0(address, size);
    }

    private static native long call0(long nr, long a, long b, long c, long d, long e, long f);

    private static native long spawn0(long cloneArgs, long size, long parameters);

    private static native long ring0(long shared, long socket);

    private static native long await0(long shared, long socket, long spins);

    private static native long address0(ByteBuffer buffer);

    private static native ByteBuffer buffer0(long address, long size);
}
