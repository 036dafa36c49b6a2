/** How Java programs use Belljar: each class is one program. */
@NullMarked
package belljar.examples;

import org.jspecify.annotations.NullMarked;
