package belljar.image;

import belljar.failure.BelljarException;
import belljar.failure.HostException;
import belljar.failure.UserException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.security.cert.CertificateException;
import java.util.Optional;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Turns what went wrong between here and a registry into one sentence. */
final class RegistryErrors {
    private RegistryErrors() {}

    /**
     * {@return a failed connection as a sentence}
     *
     * @param e what the JDK threw
     * @param registry the registry's name
     * @param authority the host and port that were asked
     * @param verify whether TLS was insisted on
     */
    static HostException network(IOException e, String registry, String authority, boolean verify) {
        String name = registry.equals(authority) ? registry : registry + " (" + authority + ")";
        if (cause(e, UnresolvedAddressException.class) || cause(e, UnknownHostException.class)) {
            return new HostException(
                    "the address of registry " + name + " cannot be found: check the name and this host's network", e);
        }
        if (cause(e, HttpConnectTimeoutException.class)) {
            return new HostException(
                    "registry " + name + " does not answer: check this host's network and proxy settings"
                            + (verify && authority.indexOf(':') >= 0
                                    ? ", and pass --tls-verify=false if it speaks plain HTTP"
                                    : ""),
                    e);
        }
        if (cause(e, ConnectException.class)) {
            // The JDK's client gives a refused connection no words of its own.
            String why = words(e, "the connection was refused");
            return new HostException(
                    "registry " + name + " cannot be reached (" + why + "): check that it runs at this address", e);
        }
        if (cause(e, CertificateException.class)) {
            return new HostException(
                    "registry " + name + " shows a certificate that this host does not trust (" + certificate(e)
                            + "): put its authority into /etc/containers/certs.d/" + authority
                            + "/ca.crt or pass --tls-verify=false",
                    e);
        }
        if (cause(e, SSLException.class)) {
            String mend = verify ? ": if it speaks plain HTTP, pass --tls-verify=false" : "";
            return new HostException(
                    "registry " + name + " does not answer in TLS (" + words(e, "no reason given") + ")" + mend, e);
        }
        if (cause(e, HttpTimeoutException.class)) {
            return new HostException("registry " + name + " stopped answering: try again later", e);
        }
        if (cause(e, InterruptedIOException.class)) {
            return new HostException("the transfer from or to registry " + name + " was interrupted", e);
        }
        return new HostException(
                "the connection to registry " + name + " broke (" + words(e, "no reason given") + "): try again later",
                e);
    }

    /**
     * {@return whether a failure happened before the server said anything in the protocol}
     *
     * @param e what the JDK threw
     */
    static boolean neverConnected(IOException e) {
        return cause(e, ConnectException.class)
                || cause(e, UnresolvedAddressException.class)
                || cause(e, UnknownHostException.class)
                || cause(e, HttpConnectTimeoutException.class)
                || cause(e, SSLException.class);
    }

    /**
     * {@return an error status as a sentence}
     *
     * @param e the status
     * @param http who answered
     * @param scope the right that was needed
     * @param what what was asked for, such as {@code manifest of docker.io/library/debian:12}
     */
    static BelljarException status(RegistryStatusException e, RegistryHttp http, RegistryScope scope, String what) {
        String registry = http.registry();
        Optional<String> asker = http.asker(scope);
        return switch (e.status) {
            case 401 ->
                asker.isPresent()
                        ? new UserException(
                                "registry " + registry + " refused the credentials of " + asker.get() + " for the "
                                        + what + e.parenthesis() + ": log in again or correct --creds",
                                e)
                        : new UserException(
                                "registry " + registry + " wants credentials for the " + what
                                        + ": log in with 'podman login " + registry + "' or pass --creds",
                                e);
            case 403 ->
                new UserException(
                        "registry " + registry + " denies " + asker.orElse("anonymous users") + " the " + what
                                + e.parenthesis() + ": ask its operator for the right or use other credentials",
                        e);
            case 404 -> missing(e, registry, scope, what);
            case 429 ->
                new HostException(
                        "registry " + registry + " limits how much may be asked of it" + e.parenthesis()
                                + ": try again "
                                + e.retryAfter()
                                        .map(wait -> "in " + wait.toSeconds() + " seconds")
                                        .orElse("later")
                                + (asker.isPresent() ? "" : " or log in for a higher limit"),
                        e);
            default ->
                e.status >= 500
                        ? new HostException(
                                "registry " + registry + " failed with status " + e.status + " for the " + what
                                        + e.parenthesis() + ": try again later",
                                e)
                        : new HostException(
                                "registry " + registry + " answered with status " + e.status + " for the " + what
                                        + e.parenthesis(),
                                e);
        };
    }

    /**
     * {@return that a repository is there, but not the image}
     *
     * @param e the status
     * @param http who answered
     * @param what the image
     */
    static UserException noSuchImage(RegistryStatusException e, RegistryHttp http, String what) {
        return new UserException("registry " + http.registry() + " has no " + what + ": check the tag or digest", e);
    }

    private static UserException missing(RegistryStatusException e, String registry, RegistryScope scope, String what) {
        if (e.code.equals("NAME_UNKNOWN")) {
            return new UserException(
                    "registry " + registry + " has no repository '" + scope.repository() + "': check the image's name",
                    e);
        }
        if (e.code.isEmpty()) {
            return new UserException(
                    "no " + what + " is found, and " + registry
                            + " does not answer like an image registry: check the host's name and port",
                    e);
        }
        return new UserException("registry " + registry + " has no " + what + ": check the tag or digest", e);
    }

    private static String certificate(IOException e) {
        Throwable deepest = e;
        for (Throwable t = e; t != null; t = t.getCause()) {
            if (t instanceof CertificateException) {
                deepest = t;
            }
        }
        String message = String.valueOf(deepest.getMessage());
        return message.contains("unable to find valid certification path")
                        || message.contains("PKIX path building failed")
                ? "signed by an unknown authority"
                : message;
    }

    /** {@return the innermost words of a failure that are for people} */
    private static String words(Throwable e, String none) {
        String best = none;
        for (Throwable t = e; t != null; t = t.getCause()) {
            String message = t.getMessage();
            if (message != null && !message.isBlank() && !message.contains("Exception")) {
                best = message;
            }
        }
        return best;
    }

    private static boolean cause(@Nullable Throwable e, Class<? extends Throwable> kind) {
        for (Throwable t = e; t != null; t = t.getCause()) {
            if (kind.isInstance(t)) {
                return true;
            }
        }
        return false;
    }
}
