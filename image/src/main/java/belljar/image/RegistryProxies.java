package belljar.image;

import belljar.failure.UserException;
import java.io.IOException;
import java.net.Authenticator;
import java.net.InetSocketAddress;
import java.net.PasswordAuthentication;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Chooses proxies by {@code HTTPS_PROXY}, {@code HTTP_PROXY} and {@code NO_PROXY} with the meaning that Go's
 * {@code golang.org/x/net/http/httpproxy} gives them, since that is what users of Docker and Podman have set.
 * Immutable.
 */
final class RegistryProxies extends ProxySelector {
    private final @Nullable URI https;
    private final @Nullable URI http;
    private final List<String> exceptions;

    /**
     * Reads the variables.
     *
     * @param environment the variables; upper case wins over lower case
     * @throws UserException if a proxy's address is malformed or of a kind that cannot be used
     */
    RegistryProxies(Map<String, String> environment) {
        this.https = proxy(environment, "HTTPS_PROXY");
        this.http = proxy(environment, "HTTP_PROXY");
        this.exceptions = List.of(
                variable(environment, "NO_PROXY").toLowerCase(Locale.ROOT).split(",", -1));
    }

    private static String variable(Map<String, String> environment, String name) {
        String upper = environment.getOrDefault(name, "");
        return upper.isEmpty() ? environment.getOrDefault(name.toLowerCase(Locale.ROOT), "") : upper;
    }

    private static @Nullable URI proxy(Map<String, String> environment, String name) {
        String value = variable(environment, name);
        if (value.isEmpty()) {
            return null;
        }
        try {
            URI uri = new URI(value.contains("://") ? value : "http://" + value);
            if ("http".equalsIgnoreCase(uri.getScheme()) && uri.getHost() != null) {
                return uri;
            }
        } catch (URISyntaxException e) {
            // Reported below, without the value: it may hold a password.
        }
        throw new UserException(name + " is not the address of an HTTP proxy: write http://HOST:PORT");
    }

    /** {@return whether a proxy wants a password} */
    boolean authenticated() {
        return https != null && https.getUserInfo() != null || http != null && http.getUserInfo() != null;
    }

    /** {@return what answers a proxy's question for a password} */
    Authenticator authenticator() {
        return new Authenticator() {
            @Override
            protected @Nullable PasswordAuthentication getPasswordAuthentication() {
                if (getRequestorType() != RequestorType.PROXY) {
                    return null;
                }
                URI proxy = asking(https) ? https : asking(http) ? http : null;
                String user = proxy == null ? null : proxy.getRawUserInfo();
                if (user == null) {
                    return null;
                }
                int colon = user.indexOf(':');
                String name = colon < 0 ? user : user.substring(0, colon);
                String password = colon < 0 ? "" : user.substring(colon + 1);
                return new PasswordAuthentication(decode(name), decode(password).toCharArray());
            }

            private boolean asking(@Nullable URI proxy) {
                return proxy != null
                        && proxy.getHost().equalsIgnoreCase(getRequestingHost())
                        && port(proxy) == getRequestingPort();
            }
        };
    }

    private static String decode(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    @Override
    public List<Proxy> select(URI uri) {
        URI proxy = "https".equalsIgnoreCase(uri.getScheme()) ? https : http;
        if (proxy == null || direct(uri)) {
            return List.of(Proxy.NO_PROXY);
        }
        return List.of(new Proxy(Proxy.Type.HTTP, InetSocketAddress.createUnresolved(proxy.getHost(), port(proxy))));
    }

    private static int port(URI uri) {
        if (uri.getPort() >= 0) {
            return uri.getPort();
        }
        return "https".equalsIgnoreCase(uri.getScheme()) ? 443 : 80;
    }

    @Override
    public void connectFailed(URI uri, SocketAddress address, IOException failure) {
        // The request's own failure says so.
    }

    private boolean direct(URI uri) {
        String host = Optional.ofNullable(uri.getHost()).orElse("").toLowerCase(Locale.ROOT);
        String bare = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
        IpRange address = IpRange.parse(bare);
        if (bare.equals("localhost") || address != null && address.loopback()) {
            return true;
        }
        for (String exception : exceptions) {
            if (matches(exception.strip(), bare, port(uri), address)) {
                return true;
            }
        }
        return false;
    }

    private static boolean matches(String exception, String host, int port, @Nullable IpRange address) {
        if (exception.isEmpty()) {
            return false;
        }
        if (exception.equals("*")) {
            return true;
        }
        String name = exception;
        int colon = name.lastIndexOf(':');
        boolean several = colon != name.indexOf(':') && !name.startsWith("[");
        if (colon > 0 && !several && name.indexOf('/') < 0 && name.charAt(name.length() - 1) != ']') {
            if (!name.substring(colon + 1).equals(Integer.toString(port))) {
                return false;
            }
            name = name.substring(0, colon);
        }
        IpRange range = IpRange.parse(name.startsWith("[") ? name.substring(1, name.length() - 1) : name);
        if (range != null) {
            return address != null && range.contains(address);
        }
        if (name.startsWith("*.")) {
            name = name.substring(1);
        }
        return name.startsWith(".") ? host.endsWith(name) : host.equals(name) || host.endsWith("." + name);
    }
}
