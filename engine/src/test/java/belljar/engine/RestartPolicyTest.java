package belljar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RestartPolicyTest {
    private static ContainerRecord ended(int code, int restarts, boolean byUser, long ranMillis) {
        return new ContainerRecord(
                "0".repeat(64),
                "x",
                "i",
                "",
                "container",
                List.of(),
                0,
                false,
                Map.of(),
                Map.of(),
                "",
                "",
                RestartPolicy.NO,
                List.of(),
                List.of(),
                ContainerState.CREATED.withRestartCount(restarts).ended(code, 1000, 1000 + ranMillis, false, byUser));
    }

    @ParameterizedTest
    @ValueSource(strings = {"no", "on-failure", "on-failure:3", "always", "unless-stopped"})
    void writesWhatItReads(String text) {
        assertThat(RestartPolicy.parse(text).text()).isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"never", "always:3", "on-failure:", "on-failure:-1", "on-failure:x", ":", "no:1"})
    void marksWhatIsNoPolicy(String text) {
        assertThat(RestartPolicy.parse(text).most()).isNegative();
    }

    @Test
    void restartsOnFailureOnly() {
        RestartPolicy policy = RestartPolicy.parse("on-failure:2");
        assertThat(policy.restarts(ended(1, 0, false, 0))).isTrue();
        assertThat(policy.restarts(ended(1, 1, false, 0))).isTrue();
        assertThat(policy.restarts(ended(1, 2, false, 0))).isFalse();
        assertThat(policy.restarts(ended(0, 0, false, 0))).isFalse();
        assertThat(policy.restarts(ended(ContainerRecord.UNKNOWN, 0, false, 0))).isTrue();
        assertThat(RestartPolicy.parse("on-failure").restarts(ended(1, 1000, false, 0)))
                .isTrue();
    }

    @Test
    void neverRestartsWhatAUserStopped() {
        for (String text : List.of("on-failure", "always", "unless-stopped")) {
            assertThat(RestartPolicy.parse(text).restarts(ended(1, 0, true, 0))).isFalse();
        }
        assertThat(RestartPolicy.parse("always").restarts(ended(0, 0, false, 0)))
                .isTrue();
        assertThat(RestartPolicy.NO.restarts(ended(1, 0, false, 0))).isFalse();
    }

    @Test
    void waitsTwiceAsLongEachTimeUpToAMinute() {
        assertThat(RestartPolicy.delayMillis(ended(1, 0, false, 0))).isEqualTo(100);
        assertThat(RestartPolicy.delayMillis(ended(1, 3, false, 0))).isEqualTo(800);
        assertThat(RestartPolicy.delayMillis(ended(1, 100, false, 0))).isEqualTo(60_000);
        assertThat(RestartPolicy.delayMillis(ended(1, 100, false, 10_000))).isEqualTo(100);
    }
}
