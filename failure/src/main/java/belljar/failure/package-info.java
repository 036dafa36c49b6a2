/**
 * The failures of every module, as one sealed hierarchy by who must act. Nothing else may live here: no formatting, no
 * errno tables (those are {@code belljar.linux}'s), no exit code policy (the command line's).
 */
@NullMarked
package belljar.failure;

import org.jspecify.annotations.NullMarked;
