/**
 * Networks that containers share.
 *
 * <p>{@link Networks} is the way in. A {@link Network} is a definition in a file; it has a bridge on the host while a
 * container uses it. A container's part in it is an {@link Attachment}: first it is reserved, which gives it addresses,
 * then it is attached, which gives its network namespace an interface. Everything is done under one lock per root, and
 * what is in use is in files, so that what a process that died has left is found and taken back by
 * {@link Networks#repair}.
 *
 * <p>{@link NameServer} answers containers' questions for each other's names; it runs in a process of its own.
 *
 * <p>What may not live here: containers, their processes and their options.
 */
@NullMarked
package belljar.network;

import org.jspecify.annotations.NullMarked;
