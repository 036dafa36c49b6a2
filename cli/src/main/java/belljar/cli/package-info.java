/** Being laid out. */
@NullMarked
package belljar.cli;

import org.jspecify.annotations.NullMarked;
