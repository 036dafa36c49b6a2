package belljar.image;

/** What stands at one path of a tree under construction. Immutable. */
sealed interface DebNode {
    /** The modification time that stands for "the newest of all packages' files", known only when all are read. */
    long NEWEST = Long.MIN_VALUE;

    /** {@return who owns it and when it changed} */
    Meta meta();

    /**
     * Owner, permissions and time.
     *
     * @param mode the permission bits with set-id and sticky bits, 0 to 07777
     * @param uid the owning user
     * @param gid the owning group
     * @param mtime seconds since 1970, or {@link #NEWEST}
     */
    record Meta(int mode, long uid, long gid, long mtime) {
        /** {@return root's, of no time of its own} */
        static Meta root(int mode) {
            return new Meta(mode, 0, 0, NEWEST);
        }
    }

    /** A directory. */
    record Directory(Meta meta) implements DebNode {}

    /** A regular file. One node at several paths is one file with hard links. */
    record Regular(Meta meta, DebContent content) implements DebNode {}

    /**
     * A symbolic link.
     *
     * @param target where it points, as text: nothing is promised about it
     */
    record Link(Meta meta, String target) implements DebNode {}
}
