package belljar.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.HostException;
import belljar.failure.UserException;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class RegistryAuthTest {
    private static final String TAGS = "{\"name\":\"team/app\",\"tags\":[\"1\"]}";
    private static final Credential USER = new Credential.Password("user", "hunter2");

    /** Hands out numbered tokens and lets in whoever shows one; the challenge names the server itself. */
    private static final class TokenRegistry implements FakeRegistry.Behaviour {
        final AtomicInteger issued = new AtomicInteger();
        volatile String answer = "{\"token\":\"token-%d\"}";
        volatile int status = 200;
        volatile boolean forgetful;

        @Override
        public void handle(HttpExchange exchange, FakeRegistry.Seen seen) throws IOException {
            if (seen.target().startsWith("/token")) {
                FakeRegistry.answer(exchange, status, answer.formatted(issued.incrementAndGet()));
                return;
            }
            boolean known = seen.header("Authorization").equals("Bearer token-" + issued.get());
            if (!known || forgetful && seen.target().contains("second")) {
                forgetful = false;
                exchange.getResponseHeaders()
                        .set(
                                "WWW-Authenticate",
                                "Bearer realm=\"http://" + seen.header("Host")
                                        + "/token?x=1\",service=\"the service\",scope=\"repository:other:pull\"");
                FakeRegistry.error(exchange, 401, "UNAUTHORIZED", "authentication required");
                return;
            }
            FakeRegistry.answer(exchange, 200, TAGS);
        }
    }

    private static FakeRegistry.Seen tokenRequest(FakeRegistry registry) {
        return registry.seen.stream()
                .filter(one -> one.target().startsWith("/token"))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void fetchesAnAnonymousTokenOnceForManyRequests() {
        TokenRegistry behaviour = new TokenRegistry();
        try (FakeRegistry registry = new FakeRegistry(behaviour);
                RegistryClient client = registry.client()) {
            assertThat(client.tags("team/app")).containsExactly("1");
            assertThat(client.tags("team/app")).containsExactly("1");
            assertThat(behaviour.issued).hasValue(1);
            assertThat(tokenRequest(registry).target())
                    .isEqualTo("/token?x=1&service=the+service&scope=repository%3Ateam%2Fapp%3Apull"
                            + "&scope=repository%3Aother%3Apull");
            assertThat(tokenRequest(registry).header("Authorization")).isEmpty();
        }
    }

    @Test
    void fetchesAnotherTokenForAnotherRepository() {
        TokenRegistry behaviour = new TokenRegistry();
        try (FakeRegistry registry = new FakeRegistry(behaviour);
                RegistryClient client = registry.client()) {
            client.tags("team/app");
            client.tags("team/second");
            assertThat(behaviour.issued).hasValue(2);
        }
    }

    @Test
    void provesThePasswordToTheTokenServerOnly() {
        TokenRegistry behaviour = new TokenRegistry();
        behaviour.answer = "{\"access_token\":\"token-%d\",\"expires_in\":300}";
        try (FakeRegistry registry = new FakeRegistry(behaviour);
                RegistryClient client = registry.client(FakeRegistry.options().withCredential(USER))) {
            client.tags("team/app");
            assertThat(tokenRequest(registry).header("Authorization")).isEqualTo("Basic dXNlcjpodW50ZXIy");
            assertThat(tokenRequest(registry).target()).endsWith("&account=user");
            assertThat(registry.seen.stream()
                            .filter(one -> one.target().startsWith("/v2"))
                            .map(one -> one.header("Authorization")))
                    .allMatch(header -> header.isEmpty() || header.startsWith("Bearer "));
        }
    }

    @Test
    void buysATokenWithAnIdentityToken() {
        TokenRegistry behaviour = new TokenRegistry();
        try (FakeRegistry registry = new FakeRegistry(behaviour);
                RegistryClient client =
                        registry.client(FakeRegistry.options().withCredential(new Credential.IdentityToken("id&1")))) {
            client.tags("team/app");
            FakeRegistry.Seen request = tokenRequest(registry);
            assertThat(request.method()).isEqualTo("POST");
            assertThat(request.body())
                    .contains("grant_type=refresh_token")
                    .contains("&refresh_token=id%261")
                    .contains("&service=the+service&scope=repository%3Ateam%2Fapp%3Apull+repository");
        }
    }

    @Test
    void showsARegistryTokenAsItIs() {
        TokenRegistry behaviour = new TokenRegistry();
        try (FakeRegistry registry = new FakeRegistry(behaviour);
                RegistryClient client = registry.client(
                        FakeRegistry.options().withCredential(new Credential.RegistryToken("token-0")))) {
            assertThat(client.tags("team/app")).containsExactly("1");
            assertThat(behaviour.issued).hasValue(0);
        }
    }

    @Test
    void renewsATokenThatIsAboutToEnd() {
        TokenRegistry behaviour = new TokenRegistry();
        behaviour.answer = "{\"token\":\"token-%d\",\"expires_in\":1}";
        try (FakeRegistry registry = new FakeRegistry(behaviour);
                RegistryClient client = registry.client()) {
            client.tags("team/app");
            client.tags("team/app");
            assertThat(behaviour.issued).hasValue(2);
        }
    }

    @Test
    void renewsATokenThatTheRegistryNoLongerTakes() {
        TokenRegistry behaviour = new TokenRegistry();
        try (FakeRegistry registry = new FakeRegistry(behaviour);
                RegistryClient client = registry.client()) {
            client.tags("second");
            behaviour.forgetful = true;
            assertThat(client.tags("second")).containsExactly("1");
            assertThat(behaviour.issued).hasValue(2);
        }
    }

    @Test
    void saysThatTheTokenServerRefusedTheUser() {
        TokenRegistry behaviour = new TokenRegistry();
        behaviour.status = 401;
        behaviour.answer = "{\"details\":\"incorrect username or password\"}";
        try (FakeRegistry registry = new FakeRegistry(behaviour);
                RegistryClient client = registry.client(FakeRegistry.options().withCredential(USER))) {
            assertThatThrownBy(() -> client.tags("team/app"))
                    .isInstanceOf(UserException.class)
                    .hasMessage("the token server 127.0.0.1 of registry " + registry.name()
                            + " refused the password of user 'user' (incorrect username or password):"
                            + " log in again or correct --creds");
        }
    }

    @Test
    void saysThatThereIsNoAnonymousAccess() {
        TokenRegistry behaviour = new TokenRegistry();
        behaviour.status = 403;
        try (FakeRegistry registry = new FakeRegistry(behaviour);
                RegistryClient client = registry.client()) {
            assertThatThrownBy(() -> client.tags("team/app"))
                    .isInstanceOf(UserException.class)
                    .hasMessageContaining("gives no anonymous access")
                    .hasMessageContaining("podman login " + registry.name());
        }
    }

    @Test
    void doesNotRepeatWhatATokenServerSays() {
        TokenRegistry behaviour = new TokenRegistry();
        try (FakeRegistry registry = new FakeRegistry(behaviour);
                RegistryClient client = registry.client()) {
            for (String answer : List.of("hunter2", "{}", "{\"token\":\"hunter2 \\n\"}", "{\"token\":[\"hunter2\"]}")) {
                behaviour.answer = answer;
                assertThatThrownBy(() -> client.tags("team/app"))
                        .isInstanceOf(HostException.class)
                        .hasMessageContaining("something else than a token")
                        .hasMessageNotContaining("hunter2");
            }
        }
    }

    @Test
    void triesATokenServerAgainThatIsBusy() {
        TokenRegistry behaviour = new TokenRegistry();
        behaviour.status = 503;
        try (FakeRegistry registry = new FakeRegistry((exchange, seen) -> {
                    behaviour.handle(exchange, seen);
                    behaviour.status = seen.target().startsWith("/token") ? 200 : behaviour.status;
                });
                RegistryClient client = registry.client()) {
            assertThat(client.tags("team/app")).containsExactly("1");
            assertThat(registry.pauses).hasSize(1);
        }
    }

    @Test
    void sendsAPasswordByTheBasicScheme() {
        try (FakeRegistry registry = new FakeRegistry((exchange, seen) -> basic(exchange, seen));
                RegistryClient client = registry.client(FakeRegistry.options().withCredential(USER))) {
            assertThat(client.tags("team/app")).containsExactly("1");
            int refused = registry.seen.size();
            assertThat(client.tags("team/app")).containsExactly("1");
            assertThat(registry.seen).hasSize(refused + 1);
        }
    }

    private static void basic(HttpExchange exchange, FakeRegistry.Seen seen) throws IOException {
        if (seen.header("Authorization").equals("Basic dXNlcjpodW50ZXIy")) {
            FakeRegistry.answer(exchange, 200, TAGS);
        } else {
            exchange.getResponseHeaders().set("WWW-Authenticate", "Basic realm=\"r\"");
            FakeRegistry.error(exchange, 401, "UNAUTHORIZED", "authentication required");
        }
    }

    @Test
    void asksForCredentialsWhereNoneAreKnown() {
        try (FakeRegistry registry = new FakeRegistry((exchange, seen) -> basic(exchange, seen));
                RegistryClient client = registry.client()) {
            assertThatThrownBy(() -> client.manifest("team/app", "1"))
                    .isInstanceOf(UserException.class)
                    .hasMessage("registry " + registry.name() + " wants credentials for the image 'team/app:1':"
                            + " log in with 'podman login " + registry.name() + "' or pass --creds");
        }
    }

    @Test
    void saysWhoseCredentialsAreWrong() {
        try (FakeRegistry registry = new FakeRegistry((exchange, seen) -> basic(exchange, seen));
                RegistryClient client = registry.client(
                        FakeRegistry.options().withCredential(new Credential.Password("user", "wrong-hunter2")))) {
            assertThatThrownBy(() -> client.manifest("team/app", "1"))
                    .isInstanceOf(UserException.class)
                    .hasMessageContaining("refused the credentials of user 'user' for the image 'team/app:1'")
                    .hasMessageNotContaining("hunter2");
        }
    }

    @Test
    void leavesCredentialsBehindWhenRedirectedElsewhere() {
        try (FakeRegistry storage = new FakeRegistry((exchange, seen) -> FakeRegistry.answer(exchange, 200, TAGS));
                FakeRegistry registry = new FakeRegistry((exchange, seen) -> {
                    if (seen.header("Authorization").isEmpty()) {
                        basic(exchange, seen);
                    } else {
                        exchange.getResponseHeaders().set("Location", "http://" + storage.name() + "/there?signed=1");
                        FakeRegistry.answer(exchange, 307, null);
                    }
                });
                RegistryClient client = registry.client(FakeRegistry.options().withCredential(USER))) {
            assertThat(client.tags("team/app")).containsExactly("1");
            assertThat(storage.seen).hasSize(1);
            assertThat(storage.seen.getFirst().target()).isEqualTo("/there?signed=1");
            assertThat(storage.seen.getFirst().headers()).doesNotContainKey("Authorization");
        }
    }

    @Test
    void doesNotAnswerTheChallengeOfAnotherHost() {
        try (FakeRegistry storage = new FakeRegistry((exchange, seen) -> basic(exchange, seen));
                FakeRegistry registry = new FakeRegistry((exchange, seen) -> {
                    exchange.getResponseHeaders().set("Location", "http://" + storage.name() + "/there");
                    FakeRegistry.answer(exchange, 302, null);
                });
                RegistryClient client = registry.client(FakeRegistry.options().withCredential(USER))) {
            assertThatThrownBy(() -> client.tags("team/app")).isInstanceOf(UserException.class);
            assertThat(storage.seen).hasSize(1);
            assertThat(storage.seen.getFirst().headers()).doesNotContainKey("Authorization");
        }
    }

    @Test
    void keepsCredentialsWhenRedirectedOnTheSameHost() {
        try (FakeRegistry registry = new FakeRegistry((exchange, seen) -> {
                    if (seen.header("Authorization").isEmpty() || seen.target().startsWith("/moved")) {
                        basic(exchange, seen);
                    } else {
                        exchange.getResponseHeaders().set("Location", "/moved");
                        FakeRegistry.answer(exchange, 301, null);
                    }
                });
                RegistryClient client = registry.client(FakeRegistry.options().withCredential(USER))) {
            assertThat(client.tags("team/app")).containsExactly("1");
        }
    }

    @Test
    void givesUpOnACircleOfRedirects() {
        try (FakeRegistry registry = new FakeRegistry((exchange, seen) -> {
                    exchange.getResponseHeaders().set("Location", seen.target());
                    FakeRegistry.answer(exchange, 302, null);
                });
                RegistryClient client = registry.client()) {
            assertThatThrownBy(() -> client.tags("team/app"))
                    .isInstanceOf(HostException.class)
                    .hasMessageContaining("redirects in a circle");
        }
    }
}
