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
     * Does it.
     *
     * @param arguments its arguments
     * @param session what it runs in
     * @return the exit code
     * @throws belljar.failure.BelljarException if it fails
     */
    int run(Arguments arguments, Session session);
}
