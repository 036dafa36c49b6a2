package belljar.image;

import belljar.linux.Fs;

/**
 * Who makes and deletes the trees of unpacked layers, and whose ids their files get. Root does it itself; a user with
 * subordinate ids does it in a user namespace, since nobody else may own files of those ids. Implementations are safe
 * for use by several threads.
 */
public interface TreeOwner {
    /** This process itself, with the ids it has: all of them as root, otherwise one. */
    TreeOwner SELF = new TreeOwnerSelf();

    /**
     * {@return who makes the calls for one layer} For the thread that opened it.
     *
     * @throws belljar.failure.HostException if the host refuses
     */
    Calls open();

    /** {@return how this owner unpacks} */
    UnpackOptions options();

    /**
     * {@return which ids inside an image are which on the host, as text that is equal exactly where they are} A tree
     * unpacked with other ids would belong to others, so it counts as absent. Asked for on every run.
     */
    String ids();

    /**
     * {@return what tells this owner's trees from those of the same user's default owner, beside which they stand;
     * empty for the default} A container whose ids are mapped in another way needs files of other owners.
     */
    String variant();

    /** Whoever makes an owner's calls. For one thread. */
    interface Calls extends AutoCloseable {
        /** {@return the calls} */
        Fs fs();

        /** Ends it; descriptors it still has open are closed. */
        @Override
        void close();
    }
}
