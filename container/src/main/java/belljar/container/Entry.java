package belljar.container;

import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.linux.Batch;
import belljar.linux.CgroupDraft;
import belljar.linux.Clone;
import belljar.linux.Errno;
import belljar.linux.Fd;
import belljar.linux.HostKernel;
import belljar.linux.Keeper;
import belljar.linux.Memory;
import belljar.linux.Nr;
import belljar.linux.Stub;
import belljar.sandbox.ContainerSpec;
import belljar.sandbox.IdMaps;
import belljar.sandbox.Namespaces;
import belljar.sandbox.Namespaces.Origin;
import belljar.sandbox.Stdio;
import org.jspecify.annotations.Nullable;

/**
 * Starts the stub in the container's namespaces. Without a user namespace the kernel makes them all at once; with one
 * there are two steps, since a process that executes a program before its ids are mapped loses its capabilities: a
 * first stub makes the user namespace and has its ids mapped, and its child gets the rest.
 */
final class Entry {
    private static final int O_WRONLY = 1;
    private static final String SEPARATE = "make the cgroup namespace";

    private final ContainerSpec spec;
    private final CgroupDraft cgroup;

    Entry(ContainerSpec spec, CgroupDraft cgroup) {
        this.spec = spec;
        this.cgroup = cgroup;
    }

    /**
     * Starts the container's first process and lays the foundation of its file system.
     *
     * @param stdio its standard streams
     * @param keeper whose child it becomes; it has the streams. Null for this process
     * @return the stub, in all its namespaces and its cgroup
     */
    Started start(Stdio stdio, @Nullable Keeper keeper) {
        Namespaces namespaces = spec.namespaces();
        boolean newUser = !spec.idMaps().uids().isEmpty();
        boolean mapped = newUser && HostKernel.INSTANCE.call(Nr.GETEUID) == 0;
        boolean twoSteps =
                newUser || namespaces.pid() instanceof Namespaces.Join || namespaces.user() instanceof Namespaces.Join;
        long first = mapped ? Clone.NEWNS : twoSteps ? 0 : made();
        Stub stub = start(first, twoSteps ? 0 : late(), stdio, keeper);
        try {
            Foundation foundation = null;
            if (mapped) {
                // With the host's privileges, as long as they last.
                joinAll(stub, namespaces);
                foundation = enterMapped(stub);
            } else if (spec.idMaps().within().isPresent()) {
                joinAll(stub, namespaces);
                foundation = enterNested(stub, spec.idMaps().within().get(), stdio);
            } else {
                join(stub, namespaces.user(), Clone.NEWUSER, "user");
                if (newUser) {
                    UserNamespace.make(stub, spec.idMaps());
                }
                joinAll(stub, namespaces);
            }
            if (twoSteps) {
                stub.fork(made());
                if (late() != 0) {
                    Errno.check("unshare", SEPARATE, stub.call(Nr.UNSHARE, late()));
                }
            }
            join(stub, namespaces.cgroup(), Clone.NEWCGROUP, "cgroup");
            foundation = foundation == null ? Foundation.make(stub, spec, newUser) : foundation.attach(stub);
            return new Started(stub, foundation);
        } catch (RuntimeException e) {
            stub.close();
            throw e;
        }
    }

    /**
     * Starts the stub in the container's cgroups, whichever way costs least. They are finished afterwards.
     *
     * @param flags namespaces that it is to have from its beginning
     * @param late those that it makes once it is in the cgroups
     */
    Stub start(long flags, long late, Stdio stdio, @Nullable Keeper keeper) {
        String unified = cgroup.made().directory("");
        Stub stub;
        if (keeper != null) {
            stub = start(flags, unified, keeper);
        } else {
            cgroup.finish();
            stub = start(flags, unified, stdio);
        }
        try {
            joinVersion1(stub, late);
            return stub;
        } catch (RuntimeException e) {
            stub.close();
            throw e;
        }
    }

    private static Stub start(long flags, String unified, Stdio stdio) {
        if (unified.isEmpty()) {
            return Stub.start(flags, stdio.in(), stdio.out(), stdio.err());
        }
        try (Fd directory = open(unified)) {
            return Stub.start(flags, stdio.in(), stdio.out(), stdio.err(), directory.number());
        }
    }

    /** Starts the stub as a keeper's child, and finishes the cgroups while the kernel makes the namespaces. */
    private Stub start(long flags, String unified, Keeper keeper) {
        Keeper.Spawning spawning = keeper.spawn(flags, unified);
        try {
            cgroup.finish();
        } catch (RuntimeException e) {
            try {
                spawning.finish().close();
            } catch (HostException second) {
                e.addSuppressed(second);
            }
            throw e;
        }
        return spawning.finish();
    }

    private static Fd open(String directory) {
        HostKernel kernel = HostKernel.INSTANCE;
        try (Memory memory = kernel.lend()) {
            long flags = Rootfs.O_PATH | Rootfs.O_DIRECTORY | Rootfs.O_CLOEXEC;
            long fd = kernel.call(Nr.OPENAT, Mounter.AT_FDCWD, memory.string(directory), flags);
            return new Fd((int) Errno.check("openat", "open the cgroup " + directory, fd));
        }
    }

    /**
     * Lets the stub put itself into the cgroups of version 1. It writes 0 for itself to {@code tasks}: that moves a
     * thread, and only its own, for which the kernel needs no global lock and no RCU grace period. It has no other
     * threads.
     */
    private void joinVersion1(Stub stub, long late) {
        try (Batch batch = stub.batch()) {
            long self = batch.string("0");
            for (String place : cgroup.made().places()) {
                int colon = place.indexOf(":/");
                if (colon > 0) {
                    String tasks = place.substring(colon + 1) + "/tasks";
                    String what = "join the cgroup " + tasks;
                    Batch.Step file = batch.step(
                            what, Nr.OPENAT, Mounter.AT_FDCWD, batch.string(tasks), Rootfs.O_CLOEXEC | O_WRONLY);
                    batch.step(what, Nr.WRITE, 0, self, 1).uses(0, file);
                    batch.step(what, Nr.CLOSE, 0).uses(0, file);
                }
            }
            if (late != 0) {
                batch.step(SEPARATE, Nr.UNSHARE, late);
            }
            batch.run();
        }
    }

    /**
     * A container's first process before it has its file system.
     *
     * @param stub the process
     * @param foundation what its file system takes from the host
     */
    record Started(Stub stub, Foundation foundation) {}

    private static void joinAll(Stub stub, Namespaces namespaces) {
        join(stub, namespaces.network(), Clone.NEWNET, "network");
        join(stub, namespaces.ipc(), Clone.NEWIPC, "ipc");
        join(stub, namespaces.uts(), Clone.NEWUTS, "uts");
        join(stub, namespaces.pid(), Clone.NEWPID, "pid");
    }

    /** Makes the user namespace with another stub, uses it to map the layers, and enters it. */
    private Foundation enterMapped(Stub stub) {
        try (Stub holder = Stub.start(0, -1, -1, -1)) {
            UserNamespace.make(holder, spec.idMaps());
            String users = "/proc/" + holder.pid() + "/ns/user";
            Foundation foundation = Foundation.makeMapped(stub, spec, users);
            join(stub, new Namespaces.Join(users), Clone.NEWUSER, "user");
            UserNamespace.becomeRoot(stub);
            return foundation;
        }
    }

    /**
     * Enters a user namespace with all the ids that the caller has, takes there from the host what the file system
     * needs, and enters the container's own inside it. The container may lack the very ids that lead to its files, such
     * as the caller's; the namespace around has them.
     */
    private Foundation enterNested(Stub stub, IdMaps around, Stdio stdio) {
        UserNamespace.make(stub, around);
        Errno.check("unshare", "make a mount namespace", stub.call(Nr.UNSHARE, Clone.NEWNS));
        Foundation foundation = Foundation.makeApart(stub, spec);
        int uid = IdMaps.outside(spec.idMaps().uids(), spec.process().uid());
        int gid = IdMaps.outside(spec.idMaps().gids(), spec.process().gid());
        HostIsolation.giveStreams(stub, uid, gid, stdio);
        UserNamespace.makeInside(stub, spec.idMaps());
        return foundation;
    }

    /** The namespaces that clone makes. */
    private long made() {
        Namespaces namespaces = spec.namespaces();
        return Clone.NEWNS
                | flag(namespaces.pid(), Clone.NEWPID)
                | flag(namespaces.ipc(), Clone.NEWIPC)
                | flag(namespaces.uts(), Clone.NEWUTS)
                | flag(namespaces.network(), Clone.NEWNET);
    }

    private static long flag(Origin origin, long flag) {
        return origin instanceof Namespaces.Private ? flag : 0;
    }

    /** The namespaces that are made last: the cgroup namespace's root is the cgroup at that moment. */
    private long late() {
        Namespaces namespaces = spec.namespaces();
        return flag(namespaces.cgroup(), Clone.NEWCGROUP) | flag(namespaces.time(), Clone.NEWTIME);
    }

    private static void join(Stub stub, Origin origin, long flag, String name) {
        if (!(origin instanceof Namespaces.Join join)) {
            return;
        }
        try (Batch batch = stub.batch()) {
            String what = "join the " + name + " namespace " + join.path();
            Batch.Step file =
                    batch.step(what, Nr.OPENAT, Mounter.AT_FDCWD, batch.string(join.path()), Rootfs.O_CLOEXEC);
            batch.step(what, Nr.SETNS, 0, flag).uses(0, file);
            batch.step(what, Nr.CLOSE, 0).uses(0, file);
            batch.run();
        } catch (HostException e) {
            if (e.errno() == Errno.ENOENT || e.errno() == Errno.EINVAL) {
                throw new UserException(join.path() + " is not a " + name + " namespace that can be joined", e);
            }
            throw e;
        }
    }
}
