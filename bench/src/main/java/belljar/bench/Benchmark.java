package belljar.bench;

import java.util.List;

/** One comparison. */
interface Benchmark {
    /** {@return the word that selects it} */
    String name();

    /** {@return what is compared, in one line} */
    String title();

    /** {@return how many rounds are counted unless the caller says otherwise} */
    int rounds();

    /** {@return how many rounds come before those} */
    int warmups();

    /** {@return which ratios are aimed for} */
    List<Goal> goals();

    /**
     * Makes the sides.
     *
     * @param machine what is installed, and where programs are started
     * @param scratch an empty directory, which also takes down what is made elsewhere; closed by the caller, whether
     *     this method succeeds or not
     * @return the sides, Belljar's first; sides that cannot take part are left out and their reason noted
     * @throws Skipped if there is nothing to compare
     */
    Lineup prepare(Machine machine, Scratch scratch);

    /**
     * The sides of a benchmark, ready to run.
     *
     * @param sides Belljar's first
     * @param notes what a reader of the table must know, a line each
     * @param after gives lines to print below the table once all has run, such as where the time went
     */
    record Lineup(List<Side> sides, List<String> notes, After after) {}

    /** Says more about what was measured. */
    interface After {
        /**
         * {@return the lines, empty when there is no more to say}
         *
         * @param results the durations of the sides, in their order
         */
        List<String> lines(List<Samples> results);
    }

    /** Someone wants this program to end. */
    final class Interrupted extends RuntimeException {
        private static final long serialVersionUID = 1;

        /** Creates it. */
        Interrupted() {
            super("interrupted");
        }
    }

    /** Why a benchmark cannot be run here. */
    final class Skipped extends RuntimeException {
        private static final long serialVersionUID = 1;

        /**
         * Creates the reason.
         *
         * @param reason one clause without a full stop
         */
        Skipped(String reason) {
            super(reason);
        }
    }
}
