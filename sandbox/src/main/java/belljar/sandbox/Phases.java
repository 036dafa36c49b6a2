package belljar.sandbox;

/**
 * Where the time of a command goes: the moments at which its phases ended, kept when {@code BELLJAR_TIMES} is set in
 * the environment and not at all otherwise. The marks of several threads are mixed.
 */
public final class Phases {
    private static final boolean ON = System.getenv("BELLJAR_TIMES") != null;
    private static final int MAX = 64;
    private static final String[] NAMES = new String[ON ? MAX : 0];
    private static final long[] TIMES = new long[NAMES.length];
    private static int count;

    private Phases() {}

    /**
     * Notes that a phase ended now; does nothing unless times are asked for.
     *
     * @param name what was done since the last mark
     */
    public static void mark(String name) {
        if (ON) {
            note(name);
        }
    }

    private static synchronized void note(String name) {
        if (count < MAX) {
            NAMES[count] = name;
            TIMES[count++] = System.nanoTime();
        }
    }

    /**
     * {@return the phases after the first mark, as lines of microseconds and name; empty when times were not asked for}
     */
    public static String report() {
        StringBuilder report = new StringBuilder();
        for (int i = 1; i < count; i++) {
            report.append((TIMES[i] - TIMES[i - 1]) / 1000)
                    .append(" us ")
                    .append(NAMES[i])
                    .append('\n');
        }
        return report.toString();
    }
}
