package belljar.engine;

/**
 * When a container that has ended is started again, as Docker's and Podman's {@code --restart} have it.
 *
 * @param when in which cases
 * @param most how often at most when it keeps failing; 0 for any number, and always 0 but for {@link When#ON_FAILURE}
 */
public record RestartPolicy(When when, int most) {
    /** Cases in which a container is started again. */
    public enum When {
        /** Never. */
        NO("no"),
        /** When its exit code is not 0. */
        ON_FAILURE("on-failure"),
        /** Whenever it ends, unless it was stopped on purpose. */
        ALWAYS("always"),
        /** As {@link #ALWAYS}; the two differ in what happens after a reboot only. */
        UNLESS_STOPPED("unless-stopped");

        private final String text;

        When(String text) {
            this.text = text;
        }

        /** {@return the word for people and files} */
        public String text() {
            return text;
        }
    }

    /** Never. */
    public static final RestartPolicy NO = new RestartPolicy(When.NO, 0);

    private static final long FIRST_DELAY_MILLIS = 100;
    private static final long LONGEST_DELAY_MILLIS = 60_000;
    /** A container that ran this long was well, so what ends it now is a new trouble (Docker's rule). */
    private static final long WELL_MILLIS = 10_000;

    /**
     * {@return the policy of a text, or {@link #NO} with {@code most} -1 when it is none}
     *
     * @param text {@code no}, {@code on-failure[:N]}, {@code always}, {@code unless-stopped}; empty for {@code no}
     */
    public static RestartPolicy parse(String text) {
        int colon = text.indexOf(':');
        String word = colon < 0 ? text : text.substring(0, colon);
        if (text.isEmpty()) {
            return NO;
        }
        for (When when : When.values()) {
            if (when.text.equals(word)) {
                int most = colon < 0 ? 0 : when == When.ON_FAILURE ? count(text.substring(colon + 1)) : -1;
                return new RestartPolicy(most < 0 ? When.NO : when, most);
            }
        }
        return new RestartPolicy(When.NO, -1);
    }

    private static int count(String digits) {
        int count = 0;
        for (int i = 0; i < digits.length(); i++) {
            int digit = digits.charAt(i) - '0';
            if (digit < 0 || digit > 9 || i > 8) {
                return -1;
            }
            count = 10 * count + digit;
        }
        return digits.isEmpty() ? -1 : count;
    }

    /** {@return the text that {@link #parse} reads} */
    public String text() {
        return most > 0 ? when.text + ":" + most : when.text;
    }

    /**
     * {@return whether a container that has ended is to be started again}
     *
     * @param record what is known of it
     */
    boolean restarts(ContainerRecord record) {
        return switch (when) {
            case NO -> false;
            case ON_FAILURE ->
                !record.stoppedByUser() && record.exitCode() != 0 && (most == 0 || record.restartCount() < most);
            case ALWAYS, UNLESS_STOPPED -> !record.stoppedByUser();
        };
    }

    /**
     * {@return how long to wait before a container is started again, in milliseconds: 100 the first time and twice as
     * long each further time, up to a minute}
     *
     * @param record what is known of it
     */
    static long delayMillis(ContainerRecord record) {
        if (record.finished() - record.started() >= WELL_MILLIS) {
            return FIRST_DELAY_MILLIS;
        }
        return Math.min(FIRST_DELAY_MILLIS << Math.min(record.restartCount(), 20), LONGEST_DELAY_MILLIS);
    }
}
