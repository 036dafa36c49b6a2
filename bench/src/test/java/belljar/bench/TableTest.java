package belljar.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class TableTest {
    private record Named(String name) implements Side {
        @Override
        public void run() {
            throw new IllegalStateException("a table runs nothing");
        }
    }

    private record Ours(String name) implements Side {
        @Override
        public boolean ours() {
            return true;
        }

        @Override
        public void run() {
            throw new IllegalStateException("a table runs nothing");
        }
    }

    private static Samples millis(double... values) {
        Samples samples = new Samples();
        for (double value : values) {
            samples.add((long) (value * 1e6));
        }
        return samples;
    }

    @Test
    void alignsTheFirstColumnLeftAndTheOthersRight() {
        Table table = new Table();
        table.row("", "one", "two");
        table.row("long name", "1", "22222");
        table.row("x", "", "3");
        assertThat(table.text()).isEqualTo("""
                             one    two
                  long name    1  22222
                  x                   3
                """);
    }

    @Test
    void leavesNoSpaceAtTheEndOfALine() {
        Table table = new Table();
        table.row("a", "b");
        table.row("a", "");
        assertThat(table.text()).isEqualTo("  a  b\n  a\n");
    }

    @Test
    void saysWhetherGoalsAreMet() {
        List<Side> sides = List.of(new Named("belljar"), new Named("fast"), new Named("slow"), new Named("other"));
        List<Samples> results = List.of(millis(4, 5, 6), millis(8), millis(25), millis(5));
        List<Goal> goals = List.of(new Goal("fast", 0.6), new Goal("slow", 0.25), new Goal("absent", 1));
        assertThat(Table.of(sides, results, goals).text()).isEqualTo("""
                            median      min      p90  runs  belljar/this            goal
                  belljar  5.00 ms  4.00 ms  6.00 ms     3
                  fast     8.00 ms  8.00 ms  8.00 ms     1          0.63  <= 0.60 MISSED
                  slow     25.0 ms  25.0 ms  25.0 ms     1          0.20     <= 0.25 met
                  other    5.00 ms  5.00 ms  5.00 ms     1          1.00
                """);
    }

    @Test
    void comparesEachSideWithTheNearestOfBelljarsAboveIt() {
        List<Side> sides = List.of(new Named("first"), new Named("peer of it"), new Ours("second"), new Named("peer"));
        List<Samples> results = List.of(millis(1), millis(2), millis(30), millis(20));
        assertThat(Table.of(sides, results, List.of(new Goal("peer", 1))).text())
                .isEqualTo("""
                               median      min      p90  runs  belljar/this            goal
                  first       1.00 ms  1.00 ms  1.00 ms     1
                  peer of it  2.00 ms  2.00 ms  2.00 ms     1          0.50
                  second      30.0 ms  30.0 ms  30.0 ms     1
                  peer        20.0 ms  20.0 ms  20.0 ms     1          1.50  <= 1.00 MISSED
                """);
    }

    @Test
    void saysOfMemoryToo() {
        assertThat(FleetBenchmark.memory(40, 200, 80, 100))
                .last()
                .asString()
                .contains("0.50")
                .endsWith("<= 0.50 met");
        assertThat(FleetBenchmark.memory(42, 200, 80, 100)).last().asString().endsWith("<= 0.50 MISSED");
    }

    @Test
    void judgesTheRatioThatIsShown() {
        Goal goal = new Goal("peer", 1);
        assertThat(goal.verdict(1.004)).isEqualTo("<= 1.00 met");
        assertThat(goal.verdict(1.006)).isEqualTo("<= 1.00 MISSED");
    }

    @Test
    void showsThreeDigits() {
        assertThat(Table.duration(98_765)).isEqualTo("98.8 us");
        assertThat(Table.duration(1_234_567)).isEqualTo("1.23 ms");
        assertThat(Table.duration(12_345_678)).isEqualTo("12.3 ms");
        assertThat(Table.duration(1_234_567_890)).isEqualTo("1235 ms");
    }
}
