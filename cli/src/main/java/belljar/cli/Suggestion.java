package belljar.cli;

import java.util.List;

/** Guesses what a mistyped name was meant to be. */
final class Suggestion {
    private Suggestion() {}

    /** {@return the long name of the option that is nearest to a name; empty when none is near} */
    static String forOption(String name, OptionTable table) {
        String best = "";
        int least = limit(name);
        for (OptionTable.Option option : table.options()) {
            int distance = distance(name, option.name());
            if (option.kind() != OptionTable.Kind.REFUSED && distance < least) {
                least = distance;
                best = option.name();
            }
        }
        return best;
    }

    /** {@return the candidate that is nearest to a name; empty when none is near} */
    static String among(String name, List<String> candidates) {
        String best = "";
        int least = limit(name);
        for (String candidate : candidates) {
            int distance = distance(name, candidate);
            if (distance < least) {
                least = distance;
                best = candidate;
            }
        }
        return best;
    }

    private static int limit(String name) {
        return name.length() <= 3 ? 2 : 1 + (name.length() + 2) / 3;
    }

    /** {@return how many letters must be inserted, removed, replaced or swapped with their neighbour} */
    private static int distance(String a, String b) {
        int[][] d = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    d[i][j] = i + j;
                    continue;
                }
                int replaced = d[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                d[i][j] = Math.min(replaced, 1 + Math.min(d[i - 1][j], d[i][j - 1]));
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
                }
            }
        }
        return d[a.length()][b.length()];
    }
}
