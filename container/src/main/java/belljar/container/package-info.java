/** Being laid out. */
@NullMarked
package belljar.container;

import org.jspecify.annotations.NullMarked;
