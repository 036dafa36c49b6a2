package belljar.engine;

/**
 * One difference between a file tree and the one that it grew from.
 *
 * @param kind what happened
 * @param path where, as an absolute path in the tree
 */
public record TreeChange(Kind kind, String path) {
    /** What can happen to a path. */
    public enum Kind {
        /** It is new. */
        ADDED('A'),
        /** Its content or its looks are others, or those of something in it. */
        CHANGED('C'),
        /** It is gone. */
        DELETED('D');

        private final char letter;

        Kind(char letter) {
            this.letter = letter;
        }

        /** {@return the letter that Docker writes for it} */
        public char letter() {
            return letter;
        }
    }
}
