package belljar.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.UserException;
import belljar.json.Json;
import belljar.json.JsonException;
import belljar.json.JsonObject;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

final class HealthCheckTest {
    private static final long BEGUN = 1_000_000;

    private static JsonObject config(String check) throws JsonException {
        return Json.parse("{\"config\":{\"Healthcheck\":" + check + "}}").asObject();
    }

    private static HealthCheck check(int retries, long startPeriod) {
        return new HealthCheck(List.of("CMD", "true"), 1000, 1000, startPeriod, retries, "none", BEGUN);
    }

    private static HealthState.Result result(long start, int code) {
        return new HealthState.Result(start, start + 1, code, "said " + code);
    }

    @Test
    void takesFromTheImageWhatWasNotAskedFor() throws JsonException {
        HealthRequest image = HealthCheck.ofImage(
                config("{\"Test\":[\"CMD-SHELL\",\"probe\"],\"Interval\":5000000000,\"Retries\":7}"));
        HealthRequest asked = new HealthRequest(
                false,
                List.of(),
                OptionalLong.empty(),
                OptionalLong.of(2000),
                OptionalLong.empty(),
                OptionalInt.empty(),
                "kill");
        HealthCheck check = HealthCheck.of(asked, image, BEGUN);
        assertThat(HealthCheck.isWanted(asked, image)).isTrue();
        assertThat(check).isEqualTo(new HealthCheck(List.of("CMD-SHELL", "probe"), 5000, 2000, 0, 7, "kill", BEGUN));
        assertThat(check.command()).containsExactly("/bin/sh", "-c", "probe");
        assertThat(HealthCheck.parse(check.toText())).isEqualTo(check);
    }

    @Test
    void checksNothingWithoutATest() throws JsonException {
        HealthRequest none = HealthCheck.ofImage(config("{\"Test\":[\"NONE\"]}"));
        assertThat(HealthCheck.isWanted(HealthRequest.DEFAULT, none)).isFalse();
        assertThat(HealthCheck.isWanted(HealthRequest.DEFAULT, HealthCheck.ofImage(JsonObject.EMPTY)))
                .isFalse();
        assertThatThrownBy(() -> HealthCheck.ofImage(config("{\"Test\":7}")))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("--no-healthcheck");
    }

    @Test
    void isUnhealthyAfterFailuresInARowOnly() {
        HealthCheck check = check(2, 0);
        HealthState state = HealthState.NEW.after(result(BEGUN, 1), check);
        assertThat(state.status()).isEqualTo("starting");
        state = state.after(result(BEGUN, 0), check).after(result(BEGUN, 1), check);
        assertThat(state.status()).isEqualTo("healthy");
        state = state.after(result(BEGUN, 3), check);
        assertThat(state.status()).isEqualTo("unhealthy");
        assertThat(state.streak()).isEqualTo(2);
        assertThat(state.after(result(BEGUN, 0), check).status()).isEqualTo("healthy");
    }

    @Test
    void doesNotCountFailuresAtTheStart() {
        HealthCheck check = check(1, 5000);
        HealthState state = HealthState.NEW.after(result(BEGUN + 4999, 1), check);
        assertThat(state.status()).isEqualTo("starting");
        assertThat(state.streak()).isZero();
        assertThat(state.after(result(BEGUN + 5000, 1), check).status()).isEqualTo("unhealthy");
        assertThat(state.after(result(BEGUN, 0), check)
                        .after(result(BEGUN + 1, 1), check)
                        .status())
                .isEqualTo("unhealthy");
    }

    @Test
    void keepsTheLastFiveResults() {
        HealthState state = HealthState.NEW;
        for (int i = 0; i < 7; i++) {
            state = state.after(result(BEGUN + i, i), check(100, 0));
        }
        assertThat(state.log()).hasSize(5);
        assertThat(state.log().get(0).exitCode()).isEqualTo(2);
        assertThat(HealthState.parse(state.toText())).isEqualTo(state);
    }
}
