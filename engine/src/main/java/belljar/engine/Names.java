package belljar.engine;

import belljar.failure.UserException;
import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;

/** Ids and names of containers. */
final class Names {
    private static final int ID_BYTES = 32;
    private static final String DIGITS = "0123456789abcdef";
    private static final String[] FIRST = {
        "amber", "brisk", "calm", "clear", "crisp", "deft", "dewy", "early", "even", "fair", "firm", "fleet", "fresh",
        "gentle", "glad", "grand", "keen", "kind", "lively", "lucid", "mellow", "merry", "mild", "neat", "nimble",
                "noble",
        "plain", "proud", "quick", "quiet", "sage", "sharp", "sleek", "smart", "snug", "solid", "spry", "steady",
                "still",
        "stout", "sunny", "swift", "tidy", "true", "warm", "wise", "witty", "young"
    };
    private static final String[] SECOND = {
        "alder", "ash", "aster", "basil", "beech", "birch", "bracken", "briar", "cedar", "clover", "cress", "daisy",
                "elder",
        "elm", "fennel", "fern", "fir", "flax", "hazel", "heath", "holly", "iris", "ivy", "juniper", "larch", "laurel",
        "lilac", "linden", "lotus", "maple", "mint", "moss", "myrtle", "oak", "olive", "orchid", "pine", "poppy",
                "reed",
        "rowan", "rush", "sedge", "sorrel", "spruce", "thyme", "tulip", "violet", "willow"
    };

    private Names() {}

    /** {@return whether a text has the form of an id} Anything else in the book's directories is not the book's. */
    static boolean isId(String text) {
        boolean good = text.length() == 2 * ID_BYTES;
        for (int i = 0; i < text.length() && good; i++) {
            good = DIGITS.indexOf(text.charAt(i)) >= 0;
        }
        return good;
    }

    /** {@return 64 random hexadecimal digits} From the kernel itself: the JDK's generator takes longer to load. */
    static String newId() {
        byte[] random = random(ID_BYTES);
        StringBuilder id = new StringBuilder(2 * ID_BYTES);
        for (byte b : random) {
            id.append(DIGITS.charAt(b >> 4 & 15)).append(DIGITS.charAt(b & 15));
        }
        return id.toString();
    }

    /** {@return a name that people can say; another one each time, mostly} */
    static String newName() {
        byte[] random = random(4);
        int first = (random[0] & 0xFF | (random[1] & 0xFF) << 8) % FIRST.length;
        int second = (random[2] & 0xFF | (random[3] & 0xFF) << 8) % SECOND.length;
        return FIRST[first] + "_" + SECOND[second];
    }

    private static byte[] random(int size) {
        try (Memory memory = HostKernel.INSTANCE.lend()) {
            long buffer = memory.allocate(size);
            HostKernel.INSTANCE.call(Nr.GETRANDOM, buffer, size, 0);
            byte[] bytes = new byte[size];
            memory.bytes().get(memory.offset(buffer), bytes);
            return bytes;
        }
    }

    /**
     * Checks a name that a user chose, by Docker's rule {@code [a-zA-Z0-9][a-zA-Z0-9_.-]*}.
     *
     * @throws UserException if it does not fit
     */
    static void check(String name) {
        boolean good = name.length() <= 128;
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            boolean plain = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
            good &= plain || i > 0 && (c == '_' || c == '.' || c == '-');
        }
        if (!good || name.isEmpty()) {
            throw new UserException("the container name '" + name
                    + "' is not valid; use letters, digits, '_', '.' and '-', beginning with a letter or digit");
        }
    }

    /** {@return the beginning of an id that people are shown} */
    static String shortId(String id) {
        return id.length() > 12 ? id.substring(0, 12) : id;
    }
}
