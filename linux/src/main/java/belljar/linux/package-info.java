/**
 * The Linux kernel's interface as Java.
 *
 * <p>A {@link Caller} makes system calls somewhere: {@link HostKernel} on the calling thread of this JVM, {@link Stub}
 * in a small process that Java steers. What is written against {@code Caller} (such as {@link Fs}) works in both
 * places.
 *
 * <p>One rule holds for the whole package: no thread of the JVM ever changes its root, namespaces, user, capabilities
 * or session. After {@code pivot_root} the JVM would open its own configuration inside the image; calls that must
 * happen inside a sandbox are made by a {@link Stub} instead.
 *
 * <p>What may not live here: container policy, images, anything that knows a file of Belljar's own.
 */
@NullMarked
package belljar.linux;

import org.jspecify.annotations.NullMarked;
