/**
 * The command line: tells arguments apart, calls the engine and the image store, shows what they answer. Nothing is
 * decided here that another front door would have to decide again.
 */
@NullMarked
package belljar.cli;

import org.jspecify.annotations.NullMarked;
