package belljar.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.UserException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class RegistryProxiesTest {
    private static Proxy select(Map<String, String> environment, String uri) {
        return new RegistryProxies(environment).select(URI.create(uri)).getFirst();
    }

    private static Proxy to(String host, int port) {
        return new Proxy(Proxy.Type.HTTP, InetSocketAddress.createUnresolved(host, port));
    }

    @Test
    void choosesByTheTargetsScheme() {
        Map<String, String> environment = Map.of("HTTPS_PROXY", "http://s.example:3128", "http_proxy", "p.example");
        assertThat(select(environment, "https://r.example/v2/")).isEqualTo(to("s.example", 3128));
        assertThat(select(environment, "http://r.example/v2/")).isEqualTo(to("p.example", 80));
    }

    @Test
    void goesDirectlyWithoutVariables() {
        assertThat(select(Map.of(), "https://r.example/")).isEqualTo(Proxy.NO_PROXY);
    }

    @ParameterizedTest
    @CsvSource({
        "r.example,            https://r.example/,        true",
        "example,              https://r.example/,        true",
        ".example,             https://r.example/,        true",
        "*.example,            https://r.example/,        true",
        "xample,               https://r.example/,        false",
        ".r.example,           https://r.example/,        false",
        "R.EXAMPLE,            https://r.example/,        true",
        "other,                https://r.example/,        false",
        "*,                    https://r.example/,        true",
        "r.example:443,        https://r.example/,        true",
        "r.example:5000,       https://r.example:5000/,   true",
        "r.example:5000,       https://r.example:5001/,   false",
        "10.0.0.0/8,           https://10.1.2.3/,         true",
        "10.0.0.0/8,           https://11.1.2.3/,         false",
        "10.1.2.3,             https://10.1.2.3:5000/,    true",
        "10.1.2.3:5001,        https://10.1.2.3:5000/,    false",
        "fd00::/8,             'https://[fd00::1]:5000/', true",
        "fd00::/8,             'https://[fe00::1]:5000/', false",
        "'',                   https://127.0.0.1:5000/,   true",
        "'',                   https://localhost:5000/,   true",
        "'',                   'https://[::1]:5000/',     true",
        "' a , r.example ',    https://r.example/,        true",
    })
    void leavesOutExceptions(String exceptions, String uri, boolean direct) {
        Proxy proxy = select(Map.of("HTTPS_PROXY", "http://p.example:1", "NO_PROXY", exceptions), uri);
        assertThat(proxy).isEqualTo(direct ? Proxy.NO_PROXY : to("p.example", 1));
    }

    @Test
    void refusesWhatIsNoHttpProxyWithoutRepeatingIt() {
        assertThatThrownBy(() -> new RegistryProxies(Map.of("HTTPS_PROXY", "socks5://u:hunter2@p:1")))
                .isInstanceOf(UserException.class)
                .hasMessage("HTTPS_PROXY is not the address of an HTTP proxy: write http://HOST:PORT");
    }
}
