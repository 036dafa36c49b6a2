package belljar.engine;

import belljar.sandbox.IdMaps;

/** How the ids of a container's own user namespace are chosen. */
public sealed interface IdChoice {
    /**
     * By Belljar: as root a range that no other container has, without root the caller as the container's root and
     * behind it the subordinate ids.
     */
    IdChoice DEFAULT = new Default();

    /** By Belljar. */
    record Default() implements IdChoice {}

    /**
     * By Belljar, from ids that no other container under the same root has. The choice is made once, when the container
     * is made, and is a {@link Given} one from then on.
     *
     * @param size how many ids there are inside, from 0 on; 0 for as many as usual
     * @param extra what is mapped in addition, meant as in {@link Given}
     */
    record Auto(int size, IdMaps extra) implements IdChoice {}

    /**
     * By the caller.
     *
     * @param maps the mapping; its ids outside are the host's where Belljar runs as root, and otherwise count the
     *     caller's own ids: 0 is the caller, 1 the first subordinate id, and so on
     */
    record Given(IdMaps maps) implements IdChoice {}

    /**
     * The caller, who must not be root, has the same ids inside, or chosen ones, and is whom the program runs as.
     *
     * @param uid the user id inside; -1 for the caller's own
     * @param gid the group id inside; -1 for the caller's own
     */
    record KeepId(int uid, int gid) implements IdChoice {}

    /** Without root: the subordinate ids alone, so that nothing in the container is the caller. */
    record NoMap() implements IdChoice {}

    /**
     * What is granted to a name.
     *
     * @param users the name in subuid(5)
     * @param groups the name in subgid(5)
     */
    record Granted(String users, String groups) implements IdChoice {}
}
