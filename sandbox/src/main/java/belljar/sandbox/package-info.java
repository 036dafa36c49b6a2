/**
 * The contract that every isolation kind implements: what a container should be ({@link ContainerSpec} and the records
 * it is made of), and what can be done with one ({@link Isolation}, {@link Container}).
 *
 * <p>The records follow the OCI runtime specification 1.2 in words and shape, so that a bundle's {@code config.json}
 * can be turned into them without loss, but they carry no JSON. Nothing here knows how an isolation kind works; a kind
 * that cannot honour a field refuses it with a {@link belljar.failure.UserException} before anything is created.
 */
@NullMarked
package belljar.sandbox;

import org.jspecify.annotations.NullMarked;
