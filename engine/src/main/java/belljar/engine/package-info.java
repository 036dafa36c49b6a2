/**
 * The host's one book of what runs: turns a {@link belljar.engine.RunRequest} and an image into a
 * {@link belljar.sandbox.ContainerSpec}, hands it to an isolation kind, and follows the container to its end.
 */
@NullMarked
package belljar.engine;

import org.jspecify.annotations.NullMarked;
