/**
 * What containers wrote, in files that other tools read too: the format of the Kubernetes container runtime interface,
 * or that of Docker's json-file driver. A log is a file and the older ones that rotation left beside it,
 * {@code ctr.log}, {@code ctr.log.1} and so on. Readers need no word with the writer: they know files by inode and
 * learn of new lines through inotify(7).
 */
@NullMarked
package belljar.log;

import org.jspecify.annotations.NullMarked;
