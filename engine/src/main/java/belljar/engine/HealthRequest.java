package belljar.engine;

import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * How it is found out whether a container is well, in the terms of the OCI image specification's (Docker's)
 * {@code Healthcheck}. What is empty is as the image says, else Docker's default.
 *
 * @param disabled whether the image's check is not to be made either
 * @param test {@code CMD} and an argument list, or {@code CMD-SHELL} and a line for the image's shell; empty for the
 *     image's
 * @param intervalMillis between two checks; 0 for no checks but those asked for
 * @param timeoutMillis after which a check has failed
 * @param startPeriodMillis after the start, in which failures do not count
 * @param retries how many failures in a row make the container unhealthy
 * @param onFailure what happens then: {@code none}, {@code kill}, {@code restart} or {@code stop}
 */
public record HealthRequest(
        boolean disabled,
        List<String> test,
        OptionalLong intervalMillis,
        OptionalLong timeoutMillis,
        OptionalLong startPeriodMillis,
        OptionalInt retries,
        String onFailure) {
    /** As the image says. */
    public static final HealthRequest DEFAULT = new HealthRequest(
            false,
            List.of(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalInt.empty(),
            "none");

    /** Copies the list. */
    public HealthRequest {
        test = List.copyOf(test);
    }
}
