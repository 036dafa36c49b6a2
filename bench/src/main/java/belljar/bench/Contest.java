package belljar.bench;

import java.util.ArrayList;
import java.util.List;

/** Runs sides in turn, so that whatever else the machine does meets all of them alike. */
final class Contest {
    private Contest() {}

    /**
     * Runs all sides alternately.
     *
     * @param sides the sides
     * @param warmups rounds that are not counted, 0 or more
     * @param rounds rounds that are, 1 or more
     * @param between is called before each turn, and may throw to end the contest
     * @return the durations of each side, in the order of the sides
     */
    static List<Samples> run(List<Side> sides, int warmups, int rounds, Runnable between) {
        List<Samples> results = new ArrayList<>();
        for (int i = 0; i < sides.size(); i++) {
            results.add(new Samples());
        }
        for (int round = -warmups; round < rounds; round++) {
            for (int i = 0; i < sides.size(); i++) {
                // Each side comes first equally often, and never always after the same one.
                int turn = Math.floorMod(i + round, sides.size());
                Side side = sides.get(turn);
                between.run();
                side.prepare();
                long nanos = side.measure();
                if (round >= 0) {
                    results.get(turn).add(nanos);
                }
            }
        }
        return results;
    }
}
