/**
 * Virtual machines as a whole: {@code machine}'s parts put together with a kind of virtual CPU, and connected to what
 * the host has to offer, such as memory, files and terminals. Also the guest kernels: where they come from, what they
 * need to be started, and the initial RAM disk that Belljar gives a guest who brings none.
 *
 * <p>Nothing here knows how a device or a CPU works inside, nor of options and commands.
 */
@NullMarked
package belljar.microvm;

import org.jspecify.annotations.NullMarked;
