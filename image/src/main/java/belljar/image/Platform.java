package belljar.image;

import belljar.failure.UserException;
import belljar.json.JsonException;
import belljar.json.JsonObject;

/**
 * What an image runs on, in the words of the OCI image index's {@code platform}: Go's GOOS and GOARCH.
 *
 * @param os such as {@code linux}
 * @param architecture such as {@code amd64}
 * @param variant such as {@code v7} of {@code arm}; empty where none is given
 */
public record Platform(String os, String architecture, String variant) {
    /** What this build of Belljar runs on. */
    public static final Platform HOST = new Platform("linux", "amd64", "");

    /**
     * {@return a platform from its text}
     *
     * @param text {@code os/architecture} or {@code os/architecture/variant}; the kernel's names {@code x86_64} and
     *     {@code aarch64} are taken for {@code amd64} and {@code arm64}
     * @throws UserException if the text has another form
     */
    public static Platform parse(String text) {
        int first = text.indexOf('/');
        int second = first < 0 ? -1 : text.indexOf('/', first + 1);
        String os = first < 0 ? "" : text.substring(0, first);
        String architecture =
                first < 0 ? "" : second < 0 ? text.substring(first + 1) : text.substring(first + 1, second);
        String variant = second < 0 ? "" : text.substring(second + 1);
        boolean emptyVariant = second >= 0 && variant.isEmpty();
        if (!isWord(os) || !isWord(architecture) || emptyVariant || !variant.isEmpty() && !isWord(variant)) {
            throw new UserException(
                    "platform '" + text + "' must have the form os/architecture, such as linux/amd64 or linux/arm/v7");
        }
        return new Platform(os, commonName(architecture), variant);
    }

    private static String commonName(String architecture) {
        if (architecture.equals("x86_64") || architecture.equals("x86-64")) {
            return "amd64";
        }
        return architecture.equals("aarch64") ? "arm64" : architecture;
    }

    private static boolean isWord(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.')) {
                return false;
            }
        }
        return !text.isEmpty();
    }

    static Platform of(JsonObject json) throws JsonException {
        return new Platform(json.text("os", ""), json.text("architecture", ""), json.text("variant", ""));
    }

    JsonObject toJson() {
        JsonObject.Builder json =
                JsonObject.builder().put("architecture", architecture).put("os", os);
        if (!variant.isEmpty()) {
            json.put("variant", variant);
        }
        return json.build();
    }

    /**
     * {@return whether an image for this platform runs on another}
     *
     * @param wanted the platform that is there; without a variant it is the architecture's usual one (arm64: v8, arm:
     *     v7, amd64: v1), and of the variants v1, v2, … a lower one runs wherever a higher one does
     */
    public boolean runsOn(Platform wanted) {
        return fit(wanted) >= 0;
    }

    /** How well an image for this platform fits another: -1 where it cannot run, else higher is better. */
    int fit(Platform wanted) {
        if (!os.equals(wanted.os) || !architecture.equals(wanted.architecture)) {
            return -1;
        }
        int mine = level();
        int theirs = wanted.level();
        if (mine < 0 || theirs < 0) {
            return variant.equals(wanted.variant) ? 1000 : -1;
        }
        return mine <= theirs ? mine : -1;
    }

    private int level() {
        if (variant.isEmpty()) {
            return architecture.equals("arm64") ? 8 : architecture.equals("arm") ? 7 : 1;
        }
        if (variant.length() == 2 && variant.charAt(0) == 'v' && Character.isDigit(variant.charAt(1))) {
            return variant.charAt(1) - '0';
        }
        return -1;
    }

    /** {@return {@code os/architecture} or {@code os/architecture/variant}} */
    @Override
    public String toString() {
        return variant.isEmpty() ? os + "/" + architecture : os + "/" + architecture + "/" + variant;
    }
}
