package belljar.machine;

/**
 * A machine's state on its way out of its parts or back into them. A part names its fields in one method, in one order:
 * {@code count = state.number(count)}. When the state is saved the value comes back as it was given, when it is loaded
 * it comes back as it was saved; so what is saved and what is loaded cannot differ.
 *
 * <p>Numbers from a file are as little to be trusted as those from a guest: what indexes something is given its range.
 * For one thread, while nothing of the machine runs.
 */
public abstract sealed class StateStream permits StateReader, StateWriter {
    StateStream() {}

    /** {@return whether the state comes back, so that what follows from it is to be made anew} */
    public abstract boolean isLoading();

    /**
     * Begins a part.
     *
     * @param name its name, at most 255 bytes of ASCII
     */
    public abstract void section(String name);

    /** {@return a number of 64 bits} */
    public abstract long number(long value);

    /** {@return a number of 32 bits} */
    public abstract int number(int value);

    /**
     * {@return a number of 32 bits} What is loaded is refused outside the range.
     *
     * @param value the number
     * @param least the lowest that has a meaning
     * @param most the highest
     */
    public abstract int number(int value, int least, int most);

    /**
     * {@return a number of 64 bits} What is loaded is refused outside the range.
     *
     * @param value the number
     * @param least the lowest that has a meaning
     * @param most the highest
     */
    public abstract long number(long value, long least, long most);

    /** {@return yes or no} */
    public abstract boolean flag(boolean value);

    /**
     * Saves an array's elements, or puts those that were saved in their place.
     *
     * @param values the array, as long then as now
     */
    public abstract void numbers(long[] values);

    /** As {@link #numbers(long[])}. */
    public abstract void numbers(int[] values);

    /** As {@link #numbers(long[])}. */
    public abstract void bytes(byte[] values);

    /**
     * {@return bytes whose number the state knows}
     *
     * @param values them
     * @param most how many there can be
     */
    public abstract byte[] bytes(byte[] values, int most);
}
