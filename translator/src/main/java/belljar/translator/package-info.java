/**
 * The virtual CPU that is ours, an x86-64 in software: the decoder, the interpreter with its operations by group, and
 * paging with its translation look-aside buffer. It sees a machine only through {@link belljar.machine}. What knows of
 * files, terminals or the host does not belong here.
 */
@NullMarked
package belljar.translator;

import org.jspecify.annotations.NullMarked;
