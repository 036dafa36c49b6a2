package belljar.integration;

import java.util.HashSet;
import java.util.Set;

/** The store that tests share which do not change it, so that each image is made once. */
final class Shared {
    /** The image that most tests use: one static program that is many. */
    static final String BUSYBOX = "apt:busybox-static";

    private static final Belljar BELLJAR = Belljar.fresh();
    private static final Set<String> MADE = new HashSet<>();

    private Shared() {}

    /** {@return the shared one, which has {@link #BUSYBOX}} */
    static Belljar belljar() {
        return with(BUSYBOX);
    }

    /** {@return the shared one, which has an image} */
    static synchronized Belljar with(String image) {
        Machine.needsPackageLists();
        if (!MADE.contains(image)) {
            BELLJAR.good("pull", "-q", image);
            MADE.add(image);
        }
        return BELLJAR;
    }
}
