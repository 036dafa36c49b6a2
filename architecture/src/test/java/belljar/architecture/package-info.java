/**
 * Tests that hold the shape of the code: which module may use which, and what no module may do. They look at compiled
 * classes and at sources of all modules; each rule is also shown to fail on code made to break it.
 */
@NullMarked
package belljar.architecture;

import org.jspecify.annotations.NullMarked;
