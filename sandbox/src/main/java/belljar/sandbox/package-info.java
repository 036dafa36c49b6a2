/** Being laid out. */
@NullMarked
package belljar.sandbox;

import org.jspecify.annotations.NullMarked;
