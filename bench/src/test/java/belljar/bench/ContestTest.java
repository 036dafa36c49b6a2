package belljar.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ContestTest {
    private record Recorded(String name, List<String> log) implements Side {
        @Override
        public void prepare() {
            log.add("prepare " + name);
        }

        @Override
        public void run() {
            log.add("run " + name);
        }
    }

    private static List<String> runs(int sides, int warmups, int rounds) {
        List<String> log = new ArrayList<>();
        List<Side> all = new ArrayList<>();
        for (int i = 0; i < sides; i++) {
            all.add(new Recorded(String.valueOf((char) ('a' + i)), log));
        }
        Contest.run(all, warmups, rounds, () -> {});
        return log.stream()
                .filter(line -> line.startsWith("run"))
                .map(line -> line.substring(4))
                .toList();
    }

    @Test
    void givesEverySideTheFirstTurnEquallyOften() {
        assertThat(runs(3, 0, 3)).containsExactly("a", "b", "c", "b", "c", "a", "c", "a", "b");
    }

    @Test
    void preparesEachRunRightBeforeIt() {
        List<String> log = new ArrayList<>();
        Contest.run(List.of(new Recorded("a", log), new Recorded("b", log)), 0, 1, () -> {});
        assertThat(log).containsExactly("prepare a", "run a", "prepare b", "run b");
    }

    @Test
    void endsBeforeTheTurnThatSomebodyForbids() {
        List<String> log = new ArrayList<>();
        List<Side> sides = List.of(new Recorded("a", log), new Recorded("b", log));
        Runnable between = () -> {
            if (log.contains("run a")) {
                throw new Benchmark.Interrupted();
            }
        };
        assertThatThrownBy(() -> Contest.run(sides, 0, 5, between)).isInstanceOf(Benchmark.Interrupted.class);
        assertThat(log).containsExactly("prepare a", "run a");
    }

    @Test
    void runsWarmUpsButDoesNotCountThem() {
        assertThat(runs(2, 3, 1)).hasSize(8);
        List<Samples> results = Contest.run(
                List.of(new Recorded("a", new ArrayList<>()), new Recorded("b", new ArrayList<>())), 3, 2, () -> {});
        assertThat(results).extracting(Samples::count).containsExactly(2, 2);
    }
}
