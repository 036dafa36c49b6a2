package belljar.image;

import belljar.json.Json;
import belljar.json.JsonException;
import belljar.json.JsonObject;
import java.io.IOException;
import java.net.http.HttpHeaders;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;

/**
 * A server answered with an error status. Never leaves this package: whoever knows what was asked for turns it into a
 * sentence.
 */
final class RegistryStatusException extends IOException {
    private static final long serialVersionUID = 1L;

    /** The HTTP status, 300 or more. */
    final int status;

    /** The first error's code as the OCI distribution specification lists them; empty where the body has none. */
    final String code;

    /** The server's own words, on one line and shortened; may be empty. */
    final String detail;

    private final long retrySeconds;

    /**
     * Reads an error response.
     *
     * @param status the HTTP status
     * @param headers the response's fields
     * @param body the response's body
     */
    RegistryStatusException(int status, HttpHeaders headers, String body) {
        String foundCode = "";
        String foundDetail = "";
        try {
            JsonObject object = Json.parse(body).asObject();
            if (!object.list("errors").isEmpty()) {
                object = object.list("errors").getFirst().asObject();
            }
            foundCode = object.text("code", object.text("error", ""));
            foundDetail = object.text("message", object.text("error_description", object.text("details", "")));
        } catch (JsonException e) {
            // Proxies and balancers answer with pages of their own; the status has to do.
        }
        super("HTTP status " + status);
        this.status = status;
        this.code = foundCode;
        this.detail = oneLine(foundDetail);
        this.retrySeconds = headers.firstValue("Retry-After")
                .map(RegistryStatusException::seconds)
                .orElse(-1L);
    }

    /** {@return how long the server asks to wait} */
    Optional<Duration> retryAfter() {
        return retrySeconds < 0 ? Optional.empty() : Optional.of(Duration.ofSeconds(retrySeconds));
    }

    /** {@return whether the same request may succeed later} */
    boolean transientFailure() {
        return switch (status) {
            case 408, 425, 429, 500, 502, 503, 504 -> true;
            default -> false;
        };
    }

    /** {@return the server's words in parentheses behind a space, or nothing} */
    String parenthesis() {
        return detail.isEmpty() ? "" : " (" + detail + ")";
    }

    private static long seconds(String value) {
        try {
            return Math.max(0, Long.parseLong(value.strip()));
        } catch (NumberFormatException e) {
            try {
                Instant when = ZonedDateTime.parse(value.strip(), DateTimeFormatter.RFC_1123_DATE_TIME)
                        .toInstant();
                return Math.max(0, Duration.between(Instant.now(), when).toSeconds());
            } catch (DateTimeException notDate) {
                return -1;
            }
        }
    }

    /** Keeps a server from writing on the user's terminal anything but a few words. */
    private static String oneLine(String text) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < text.length() && line.length() < 200; i++) {
            char c = text.charAt(i);
            line.append(Character.isISOControl(c) ? ' ' : c);
        }
        return line.toString().strip();
    }
}
