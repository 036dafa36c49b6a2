package belljar.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class SamplesTest {
    private static Samples of(long... values) {
        Samples samples = new Samples();
        for (long value : values) {
            samples.add(value);
        }
        return samples;
    }

    @Test
    void takesTheMiddleOfAnOddNumber() {
        assertThat(of(9, 1, 5).median()).isEqualTo(5);
    }

    @Test
    void takesHalfwayBetweenTheTwoInTheMiddleOfAnEvenNumber() {
        assertThat(of(10, 1, 4, 100).median()).isEqualTo(7);
    }

    @Test
    void findsTheMedianOfValuesWhoseSumIsOutOfRange() {
        assertThat(of(Long.MAX_VALUE, Long.MAX_VALUE - 2).median()).isEqualTo(Long.MAX_VALUE - 1);
    }

    @Test
    void findsTheLowest() {
        assertThat(of(7, 3, 8).min()).isEqualTo(3);
    }

    @Test
    void takesPercentilesByTheNearestRank() {
        Samples samples = new Samples();
        for (int i = 100; i > 0; i--) {
            samples.add(i);
        }
        assertThat(samples.percentile(90)).isEqualTo(90);
        assertThat(samples.percentile(1)).isEqualTo(1);
        assertThat(samples.percentile(100)).isEqualTo(100);
        assertThat(of(5, 6, 7).percentile(90)).isEqualTo(7);
        assertThat(of(5).percentile(1)).isEqualTo(5);
    }

    @Test
    void countsWhatIsAddedAfterALook() {
        Samples samples = of(3);
        assertThat(samples.median()).isEqualTo(3);
        samples.add(1);
        samples.add(2);
        assertThat(samples.median()).isEqualTo(2);
        assertThat(samples.count()).isEqualTo(3);
    }

    @Test
    void holdsMoreThanItStartedWith() {
        Samples samples = new Samples();
        for (int i = 0; i < 1001; i++) {
            samples.add(i);
        }
        assertThat(samples.median()).isEqualTo(500);
    }

    @Test
    void refusesToSpeakOfNothing() {
        assertThatThrownBy(() -> new Samples().median())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("nothing was measured");
    }

    @Test
    void refusesWhatIsNoDurationOrPercentile() {
        assertThatThrownBy(() -> of(-1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> of(1).percentile(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> of(1).percentile(101)).isInstanceOf(IllegalArgumentException.class);
    }
}
