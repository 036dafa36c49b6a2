/**
 * Containers on the host's own kernel, fenced by namespaces, cgroups, capabilities and seccomp.
 *
 * <p>{@link HostIsolation} drives a {@link belljar.linux.Stub} through the set-up of runtime-spec's lifecycle: mounts,
 * root, devices, identity, program. All policy stands here in Java; the stub only makes the calls. What may not live
 * here: images, state on disk, names, anything that a second isolation kind would need too.
 */
@NullMarked
package belljar.container;

import org.jspecify.annotations.NullMarked;
