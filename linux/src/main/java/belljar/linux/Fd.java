package belljar.linux;

/**
 * An open file descriptor of this process and the duty to close it. Safe to close more than once; otherwise one owner
 * at a time.
 */
public final class Fd implements AutoCloseable {
    private int number;

    /**
     * Takes over a descriptor.
     *
     * @param number its number, 0 or more
     */
    public Fd(int number) {
        this.number = number;
    }

    /**
     * {@return the descriptor's number}
     *
     * @throws IllegalStateException if it is closed
     */
    public int number() {
        if (number < 0) {
            throw new IllegalStateException("the file descriptor is closed");
        }
        return number;
    }

    /** {@return the number, and gives up the duty to close it} */
    public int release() {
        int n = number();
        number = -1;
        return n;
    }

    /** Closes the descriptor. Errors are dropped: Linux frees the number even then (close(2)). */
    @Override
    public void close() {
        if (number >= 0) {
            HostKernel.INSTANCE.call(Nr.CLOSE, number);
            number = -1;
        }
    }
}
