package belljar.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class AuthChallengeTest {
    private static List<AuthChallenge> parse(String... fields) {
        return AuthChallenge.parse(List.of(fields));
    }

    @Test
    void readsABearerChallengeWithQuotedParameters() {
        assertThat(
                        parse(
                                "Bearer realm=\"https://auth.example/token\",service=\"reg, 1\",scope=\"repository:a:pull,push\""))
                .containsExactly(new AuthChallenge(
                        "bearer",
                        Map.of(
                                "realm",
                                "https://auth.example/token",
                                "service",
                                "reg, 1",
                                "scope",
                                "repository:a:pull,push")));
    }

    @Test
    void readsSeveralChallengesOfOneField() {
        assertThat(parse("Basic realm=\"a\", Negotiate, Bearer realm=\"b\", error=invalid_token"))
                .extracting(AuthChallenge::scheme)
                .containsExactly("basic", "negotiate", "bearer");
    }

    @Test
    void readsSeveralFields() {
        assertThat(parse("Basic realm=a", "BEARER Realm = https://x/y"))
                .containsExactly(
                        new AuthChallenge("basic", Map.of("realm", "a")),
                        new AuthChallenge("bearer", Map.of("realm", "https://x/y")));
    }

    @Test
    void unescapesQuotedPairs() {
        assertThat(parse("Bearer realm=\"a\\\"b\\\\c\"").getFirst().parameter("realm"))
                .isEqualTo("a\"b\\c");
    }

    @Test
    void endsOnWhatIsNoChallenge() {
        assertThat(parse("", ",,,", "\"", "Bearer realm=\"open", "=", "Basic \""))
                .hasSize(2);
    }
}
