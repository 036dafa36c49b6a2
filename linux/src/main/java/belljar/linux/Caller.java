package belljar.linux;

/**
 * Something that makes system calls: this process ({@link HostKernel}) or one that serves it ({@link Stub}). Arguments
 * that are pointers must point into memory lent by {@link #lend()}, because that is the memory which the calling
 * process can see.
 */
public interface Caller {
    /**
     * Makes one system call.
     *
     * @param nr the call's number, one of {@link Nr}
     * @param a first argument
     * @param b second argument
     * @param c third argument
     * @param d fourth argument
     * @param e fifth argument
     * @param f sixth argument
     * @return the kernel's result: 0 or more on success, the negated errno (-4095 to -1) on failure
     */
    long call(int nr, long a, long b, long c, long d, long e, long f);

    /** {@return memory that the calling process can see; give it back with {@link Memory#close()}} */
    Memory lend();

    /**
     * {@return the result of a call with no argument; see the six-argument form}
     *
     * @param nr the call's number
     */
    default long call(int nr) {
        return call(nr, 0, 0, 0, 0, 0, 0);
    }

    /**
     * {@return the result of a call with one argument; see the six-argument form}
     *
     * @param nr the call's number
     * @param a first argument
     */
    default long call(int nr, long a) {
        return call(nr, a, 0, 0, 0, 0, 0);
    }

    /**
     * {@return the result of a call with two arguments; see the six-argument form}
     *
     * @param nr the call's number
     * @param a first argument
     * @param b second argument
     */
    default long call(int nr, long a, long b) {
        return call(nr, a, b, 0, 0, 0, 0);
    }

    /**
     * {@return the result of a call with three arguments; see the six-argument form}
     *
     * @param nr the call's number
     * @param a first argument
     * @param b second argument
     * @param c third argument
     */
    default long call(int nr, long a, long b, long c) {
        return call(nr, a, b, c, 0, 0, 0);
    }

    /**
     * {@return the result of a call with four arguments; see the six-argument form}
     *
     * @param nr the call's number
     * @param a first argument
     * @param b second argument
     * @param c third argument
     * @param d fourth argument
     */
    default long call(int nr, long a, long b, long c, long d) {
        return call(nr, a, b, c, d, 0, 0);
    }

    /**
     * {@return the result of a call with five arguments; see the six-argument form}
     *
     * @param nr the call's number
     * @param a first argument
     * @param b second argument
     * @param c third argument
     * @param d fourth argument
     * @param e fifth argument
     */
    default long call(int nr, long a, long b, long c, long d, long e) {
        return call(nr, a, b, c, d, e, 0);
    }
}
