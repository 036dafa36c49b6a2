package belljar.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Lays out results as text, in columns as wide as they need to be. */
final class Table {
    private static final String GAP = "  ";

    private final List<List<String>> rows = new ArrayList<>();

    /**
     * Appends a row.
     *
     * @param cells its cells; the first is aligned left, the others right
     */
    void row(String... cells) {
        rows.add(List.of(cells));
    }

    /** {@return all rows, each ended by a new line} */
    String text() {
        List<Integer> widths = new ArrayList<>();
        for (List<String> row : rows) {
            for (int i = 0; i < row.size(); i++) {
                if (i == widths.size()) {
                    widths.add(0);
                }
                widths.set(i, Math.max(widths.get(i), row.get(i).length()));
            }
        }
        StringBuilder text = new StringBuilder();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < row.size(); i++) {
                String space = " ".repeat(widths.get(i) - row.get(i).length());
                line.append(GAP).append(i == 0 ? row.get(i) + space : space + row.get(i));
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        return text.toString();
    }

    /**
     * {@return the table of a comparison}
     *
     * @param sides all sides; the first is Belljar, and each is compared with the nearest above that is
     * @param results the durations of each
     * @param goals which ratios are aimed for; those of sides that are not there are passed over
     */
    static Table of(List<Side> sides, List<Samples> results, List<Goal> goals) {
        Table table = new Table();
        table.row("", "median", "min", "p90", "runs", "belljar/this", "goal");
        long ours = 0;
        for (int i = 0; i < sides.size(); i++) {
            Samples samples = results.get(i);
            String name = sides.get(i).name();
            boolean first = i == 0 || sides.get(i).ours();
            if (first) {
                ours = samples.median();
            }
            table.row(
                    name,
                    duration(samples.median()),
                    duration(samples.min()),
                    duration(samples.percentile(90)),
                    Integer.toString(samples.count()),
                    first ? "" : ratio((double) ours / samples.median()),
                    first ? "" : goal(name, (double) ours / samples.median(), goals));
        }
        return table;
    }

    private static String goal(String name, double reached, List<Goal> goals) {
        for (Goal goal : goals) {
            if (goal.peer().equals(name)) {
                return goal.verdict(reached);
            }
        }
        return "";
    }

    /**
     * {@return a duration to three digits or more}
     *
     * @param nanos nanoseconds
     */
    static String duration(long nanos) {
        double value = nanos / 1e6;
        if (value < 0.1) {
            return String.format(Locale.ROOT, "%.1f us", nanos / 1e3);
        }
        String format = value < 10 ? "%.2f ms" : value < 100 ? "%.1f ms" : "%.0f ms";
        return String.format(Locale.ROOT, format, value);
    }

    /**
     * {@return a ratio to two places}
     *
     * @param value the ratio
     */
    static String ratio(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }
}
