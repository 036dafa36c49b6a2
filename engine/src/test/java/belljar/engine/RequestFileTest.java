package belljar.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.HostException;
import belljar.image.RegistryOptions;
import belljar.sandbox.IdMaps;
import belljar.sandbox.Resources;
import belljar.sandbox.RlimitSpec;
import belljar.sandbox.SeccompSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

final class RequestFileTest {
    private static final String[] PIECES = {"", "a", "debian:12", "ü", "\"", "\\", "\n", "\u0000", "😀", "/x y", "="};

    private final Random random = new Random(20261);

    @Test
    void keepsEveryFieldOfAnyRequest() {
        for (int i = 0; i < 500; i++) {
            RunRequest request = request();
            assertThat(RequestFile.parse("test", RequestFile.text(request))).isEqualTo(request);
        }
    }

    @Test
    void givesMissingMembersTheirDefaults() {
        assertThat(RequestFile.parse("test", "{\"image\":\"x\"}")).isEqualTo(RunRequest.of("x"));
    }

    @Test
    void passesOverMembersThatItDoesNotKnow() {
        assertThat(RequestFile.parse("test", "{\"version\":1,\"image\":\"x\",\"colour\":{\"a\":[1]}}"))
                .isEqualTo(RunRequest.of("x"));
    }

    @Test
    void refusesWhatANewerVersionWrote() {
        assertThatThrownBy(() -> RequestFile.parse("/f", "{\"version\":2,\"image\":\"x\"}"))
                .isInstanceOf(HostException.class)
                .hasMessageContaining("/f")
                .hasMessageContaining("newer");
    }

    @Test
    void refusesDamagedText() {
        for (String text : List.of("", "{", "[]", "{}", "{\"image\":1}", "{\"image\":\"x\",\"process\":[]}")) {
            assertThatThrownBy(() -> RequestFile.parse("/f", text)).isInstanceOf(HostException.class);
        }
    }

    @Test
    void writesNoPasswordDown() {
        RunRequest request = RunRequest.of("x");
        RunRequest secret = new RunRequest(
                request.image(),
                request.pull(),
                request.platform(),
                request.name(),
                request.isolation(),
                request.remove(),
                request.cidFile(),
                request.quiet(),
                Optional.of(RegistryOptions.defaults()
                        .withCredential(belljar.image.Credential.parse("user:hunter2"))
                        .withEnvironment(Map.of("TOKEN", "hunter2"))),
                request.process(),
                request.storage(),
                request.security(),
                request.namespaces(),
                request.network(),
                request.resources(),
                request.labels(),
                request.annotations());
        assertThat(RequestFile.text(secret)).doesNotContain("hunter2");
        assertThat(RequestFile.parse("test", RequestFile.text(secret))).isEqualTo(request);
    }

    private RunRequest request() {
        return new RunRequest(
                text(),
                one(RunRequest.PullPolicy.values()),
                text(),
                text(),
                text(),
                bool(),
                text(),
                bool(),
                Optional.empty(),
                process(),
                storage(),
                security(),
                new NamespaceRequest(mode(), mode(), mode(), mode(), mode(), ids()),
                network(),
                resources(),
                map(),
                map(),
                life());
    }

    private ProcessRequest process() {
        return new ProcessRequest(
                texts(),
                optional(this::texts),
                texts(),
                texts(),
                bool(),
                text(),
                texts(),
                text(),
                bool(),
                bool(),
                bool(),
                text(),
                optionalInt(),
                optionalInt(),
                list(() -> new RlimitSpec(text(), random.nextLong(), random.nextLong())),
                new UserEntries(bool(), text(), texts()),
                number());
    }

    private StorageRequest storage() {
        return new StorageRequest(
                list(() -> switch (random.nextInt(3)) {
                    case 0 -> new MountRequest.Bind(text(), text(), texts());
                    case 1 -> new MountRequest.Volume(text(), text(), texts());
                    default -> new MountRequest.Tmpfs(text(), texts());
                }),
                list(() -> new DeviceRequest(text(), text(), text())),
                bool(),
                bool(),
                optionalLong(),
                one(StorageRequest.ImageVolumes.values()));
    }

    private SecurityRequest security() {
        return new SecurityRequest(
                bool(),
                texts(),
                texts(),
                optional(() -> switch (random.nextInt(3)) {
                    case 0 -> new SeccompSpec.Default();
                    case 1 -> new SeccompSpec.Unconfined();
                    default -> new SeccompSpec.Profile(text(), text());
                }),
                optional(this::bool),
                texts(),
                texts(),
                map());
    }

    private NetworkRequest network() {
        return new NetworkRequest(
                mode(),
                text(),
                list(() -> new NetworkRequest.HostEntry(text(), text())),
                bool(),
                texts(),
                texts(),
                texts(),
                list(() -> new NetworkAttachment(text(), texts(), texts(), text(), text())),
                list(() -> new PortRequest(text(), number(), number(), number(), text())),
                bool(),
                texts());
    }

    private Resources resources() {
        return new Resources(
                optionalLong(),
                optionalLong(),
                optionalLong(),
                text(),
                text(),
                optionalLong(),
                optionalLong(),
                optionalLong(),
                optionalLong(),
                optionalInt(),
                list(() ->
                        new Resources.DeviceRule(bool(), "abc".charAt(random.nextInt(3)), number(), number(), text())));
    }

    private LifeRequest life() {
        RestartPolicy.When when = one(RestartPolicy.When.values());
        return new LifeRequest(
                new RestartPolicy(when, when == RestartPolicy.When.ON_FAILURE ? random.nextInt(9) : 0),
                optionalInt(),
                new LogRequest(one(LogRequest.Driver.values()), text(), optionalLong(), optionalInt()),
                new HealthRequest(
                        bool(), texts(), optionalLong(), optionalLong(), optionalLong(), optionalInt(), text()),
                text(),
                text(),
                text());
    }

    private NamespaceMode mode() {
        return switch (random.nextInt(6)) {
            case 0 -> NamespaceMode.DEFAULT;
            case 1 -> NamespaceMode.PRIVATE;
            case 2 -> NamespaceMode.HOST;
            case 3 -> NamespaceMode.NONE;
            case 4 -> new NamespaceMode.Path(text());
            default -> new NamespaceMode.Of(text());
        };
    }

    private IdChoice ids() {
        return switch (random.nextInt(5)) {
            case 0 -> new IdChoice.Given(maps());
            case 1 -> new IdChoice.KeepId(number(), number());
            case 2 -> new IdChoice.NoMap();
            case 3 -> new IdChoice.Granted(text(), text());
            default -> IdChoice.DEFAULT;
        };
    }

    private IdMaps maps() {
        return new IdMaps(list(this::range), list(this::range));
    }

    private IdMaps.Range range() {
        return new IdMaps.Range(number(), number(), number());
    }

    private boolean bool() {
        return random.nextBoolean();
    }

    private int number() {
        return random.nextInt();
    }

    private String text() {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(4); i > 0; i--) {
            text.append(one(PIECES));
        }
        return text.toString();
    }

    private List<String> texts() {
        return list(this::text);
    }

    private Map<String, String> map() {
        Map<String, String> map = new HashMap<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            map.put(text(), text());
        }
        return map;
    }

    private <T> T one(T[] values) {
        return values[random.nextInt(values.length)];
    }

    private <T> List<T> list(Supplier<? extends T> item) {
        List<T> items = new ArrayList<>();
        for (int i = random.nextInt(3); i > 0; i--) {
            items.add(item.get());
        }
        return items;
    }

    private <T> Optional<T> optional(Supplier<? extends T> value) {
        return bool() ? Optional.of(value.get()) : Optional.empty();
    }

    private OptionalLong optionalLong() {
        return bool() ? OptionalLong.of(random.nextLong()) : OptionalLong.empty();
    }

    private OptionalInt optionalInt() {
        return bool() ? OptionalInt.of(number()) : OptionalInt.empty();
    }
}
