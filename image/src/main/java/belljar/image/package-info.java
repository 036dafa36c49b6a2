/** Being laid out. */
@NullMarked
package belljar.image;

import org.jspecify.annotations.NullMarked;
