/** Named directories that outlive containers: what is kept of them, and who may change it. */
@NullMarked
package belljar.volume;

import org.jspecify.annotations.NullMarked;
