package belljar.cli;

/** One command of the command line. */
interface Command {
    /** {@return its name, such as {@code run} or {@code image inspect}} */
    String name();

    /** {@return its operands as the help shows them, such as {@code IMAGE [COMMAND [ARG...]]}} */
    String usage();

    /** {@return what it does, in one line} */
    String summary();

    /** {@return its options; {@code --help} must be among them} */
    OptionTable options();

    /** {@return whether its options end at the first operand, because what follows belongs to another program} */
    default boolean endsAtOperand() {
        return false;
    }

    /**
     * {@return whether a process may do it that was not started for it, and is in another directory} So it takes no
     * input, names no file of the caller's by a relative path, asks no terminal, and is soon done.
     *
     * @param arguments its arguments
     */
    default boolean canBeHandedOver(Arguments arguments) {
        return false;
    }

    /**
     * Does it.
     *
     * @param arguments its arguments
     * @param session what it runs in
     * @return the exit code
     * @throws belljar.failure.BelljarException if it fails
     */
    int run(Arguments arguments, Session session);
}
