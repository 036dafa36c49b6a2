/** Being laid out. */
@NullMarked
package belljar.engine;

import org.jspecify.annotations.NullMarked;
