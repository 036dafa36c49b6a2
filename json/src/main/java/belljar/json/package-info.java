/**
 * JSON (RFC 8259) as a tree of immutable values. It exists beside the well-known libraries because every command pays
 * for what it loads: parsing a runtime configuration this way costs about 1.4 ms of a process, data binding two orders
 * of magnitude more. Only syntax and typed access live here; what a document means belongs to its reader.
 */
@NullMarked
package belljar.json;

import org.jspecify.annotations.NullMarked;
