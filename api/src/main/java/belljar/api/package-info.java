/**
 * Containers for Java programs, without a daemon: images are fetched, containers started, executed into and removed by
 * the calling process itself, on Linux for x86-64.
 *
 * <h2>Running a command</h2>
 *
 * {@snippet : try (Engine engine = Engine.open()) { Captured said =
 * engine.run(ContainerPlan.of("apt:busybox-static").withCommand("busybox", "uname", "-s"));
 * System.out.print(said.output()); } }
 *
 * <h2>Living with a container</h2>
 *
 * {@link belljar.api.Engine} is opened on two directories, by default those of the command line, so that {@code belljar
 * ps} shows what a program has started and the other way round. A {@link belljar.api.ContainerPlan} says what to run;
 * {@link belljar.api.Engine#start} makes a {@link belljar.api.Container} of it. With that one can wait for its end,
 * read what it writes, write to it, run further programs in it ({@link belljar.api.Container#exec}), copy files, pause
 * it, and stop it. There is one container to a sandbox.
 *
 * <h2>Who ends a container</h2>
 *
 * A container of {@link belljar.api.Engine#start} is <em>bound</em>: closing its handle, closing its engine or ending
 * the JVM kills and removes it; where the JVM is killed, the next {@link belljar.api.Engine#open} on the same
 * directories does. A container of {@link belljar.api.Engine#startDetached} lives on like one of {@code belljar run
 * -d}, and any program finds it again by {@link belljar.api.Engine#find}. Both have a keeper, a process of some
 * kilobytes that records their output and their end.
 *
 * <h2>Threads</h2>
 *
 * Everything but the single stream is safe for use by several threads. Methods that wait throw
 * {@link java.lang.InterruptedException} when interrupted and leave things in order; streams throw
 * {@link java.io.InterruptedIOException}. All of it may be called by virtual threads, thousands of them: one thread of
 * the library waits for all containers and pipes, a handful does the system calls that take a while, and a caller who
 * waits is parked and holds no carrier. The exceptions are {@link belljar.api.Engine#images()}, which says so, and
 * short file reads.
 *
 * <h2>Failures</h2>
 *
 * All are unchecked and of the one sealed family {@link belljar.failure.BelljarException}:
 * {@link belljar.failure.UserException} for a wrong request, {@link belljar.failure.GuestException} for an image or
 * program at fault, {@link belljar.failure.HostException} where the host failed, {@link belljar.failure.BugException}
 * where Belljar did. Streams throw {@link java.io.IOException}, as streams do.
 *
 * <h2>What the JVM needs</h2>
 *
 * The kernel is called through the Foreign Function and Memory API, so the program must be started with
 * {@code --enable-native-access=ALL-UNNAMED} on the class path, or {@code --enable-native-access=belljar.linux} on the
 * module path; without it the JVM warns, and a later one will refuse. Images with layers compressed by zstd need
 * {@code --sun-misc-unsafe-memory-access=allow} as well. Belljar changes neither signal handlers nor the working
 * directory of the JVM, and no thread of it ever enters a container.
 */
@NullMarked
package belljar.api;

import org.jspecify.annotations.NullMarked;
