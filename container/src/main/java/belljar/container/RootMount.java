package belljar.container;

import belljar.failure.UserException;
import belljar.linux.At;
import belljar.linux.Clone;
import belljar.linux.Errno;
import belljar.linux.Fd;
import belljar.linux.Fs;
import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;
import belljar.linux.OpenFlags;
import belljar.linux.Stub;
import belljar.sandbox.Capabilities;
import belljar.sandbox.ContainerSpec;
import belljar.sandbox.IdMaps;
import belljar.sandbox.Namespaces;
import belljar.sandbox.ProcessSpec;
import belljar.sandbox.Resources;
import belljar.sandbox.RootSpec;
import belljar.sandbox.SeccompSpec;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The merged file tree of a container for those outside of it. That of a container which does not run is mounted in a
 * mount namespace that only a stub is in, so that no other process ever sees it and nothing is left to unmount; that of
 * a running one is reached through its first process.
 *
 * <p>The tree is hostile: every path in it has to be resolved by openat2(2) with {@code RESOLVE_IN_ROOT} from
 * {@link #directory()}. For one thread.
 */
public final class RootMount implements AutoCloseable {
    private static final int OPEN_TREE_CLONE = 1;
    private static final int OPEN_TREE_CLOEXEC = 0x80000;

    private final Fs fs;
    private final int directory;
    private final @Nullable Fd own;
    private final @Nullable Stub stub;

    private RootMount(Fs fs, int directory, @Nullable Fd own, @Nullable Stub stub) {
        this.fs = fs;
        this.directory = directory;
        this.own = own;
        this.stub = stub;
    }

    /**
     * Mounts the root of a container that does not run. Nobody else may mount it meanwhile: overlayfs's upper directory
     * serves one mount at a time.
     *
     * @param root its layers; a root in place is opened as it is
     * @param maps the ids of the container's user namespace, or of the one that an ordinary user owns layers in;
     *     {@link IdMaps#NONE} for the host's
     * @return the tree
     * @throws belljar.failure.HostException if the kernel refuses
     */
    public static RootMount mount(RootSpec root, IdMaps maps) {
        boolean privileged = HostKernel.INSTANCE.call(Nr.GETEUID) == 0;
        if (root.upper().isEmpty() && privileged) {
            return opened(root.layers().get(0));
        }
        Stub stub = Stub.start(privileged ? Clone.NEWNS : 0, -1, -1, -1);
        try {
            if (!privileged) {
                UserNamespace.make(stub, maps);
                Errno.check("unshare", "make a mount namespace", stub.call(Nr.UNSHARE, Clone.NEWNS));
                Fs fs = new Fs(stub);
                int fd = root.upper().isEmpty()
                        ? fs.open(At.FDCWD, root.layers().get(0), OpenFlags.PATH | OpenFlags.DIRECTORY, 0)
                        : Foundation.makeApart(stub, specification(root, maps)).root();
                return new RootMount(fs, fd, null, stub);
            }
            Foundation made = maps.uids().isEmpty() ? overlay(stub, root) : mapped(stub, specification(root, maps));
            Fd top = stub.take(made.root());
            return new RootMount(Fs.HOST, top.number(), top, stub);
        } catch (RuntimeException e) {
            stub.close();
            throw e;
        }
    }

    private static Foundation overlay(Stub stub, RootSpec root) {
        return Foundation.make(stub, specification(root, IdMaps.NONE), false);
    }

    private static Foundation mapped(Stub stub, ContainerSpec spec) {
        try (Stub holder = Stub.start(0, -1, -1, -1)) {
            UserNamespace.make(holder, spec.idMaps());
            return Foundation.makeMapped(stub, spec, "/proc/" + holder.pid() + "/ns/user");
        }
    }

    private static RootMount opened(String directory) {
        Fd fd = new Fd(Fs.HOST.open(At.FDCWD, directory, OpenFlags.PATH | OpenFlags.DIRECTORY, 0));
        return new RootMount(Fs.HOST, fd.number(), fd, null);
    }

    /**
     * Opens the tree of a running container as its processes see it, with all that is mounted in it.
     *
     * @param pid its first process, as the host sees it
     * @return the tree
     * @throws UserException if it has ended meanwhile
     */
    public static RootMount enter(long pid) {
        if (HostKernel.INSTANCE.call(Nr.GETEUID) == 0) {
            return opened(checked(pid, Fs.HOST));
        }
        Stub stub = Stub.start(0, -1, -1, -1);
        try {
            Fs fs = new Fs(stub);
            joinUsers(fs, pid);
            int fd = fs.open(At.FDCWD, checked(pid, fs), OpenFlags.PATH | OpenFlags.DIRECTORY, 0);
            return new RootMount(fs, fd, null, stub);
        } catch (RuntimeException e) {
            stub.close();
            throw e;
        }
    }

    /**
     * Opens the tree of a running container without what is mounted in it: image and changes alone.
     *
     * @param pid its first process, as the host sees it
     * @return the tree
     * @throws UserException if it has ended meanwhile
     */
    public static RootMount withoutMounts(long pid) {
        boolean privileged = HostKernel.INSTANCE.call(Nr.GETEUID) == 0;
        Stub stub = Stub.start(0, -1, -1, -1);
        try {
            Fs fs = new Fs(stub);
            int host = fs.open(At.FDCWD, "/", OpenFlags.PATH | OpenFlags.DIRECTORY, 0);
            checked(pid, fs);
            int mounts = fs.open(At.FDCWD, "/proc/" + pid + "/ns/mnt", OpenFlags.RDONLY, 0);
            if (!privileged) {
                joinUsers(fs, pid);
            }
            Errno.check("setns", "join the container's mount namespace", stub.call(Nr.SETNS, mounts, Clone.NEWNS));
            long tree;
            try (Memory memory = stub.lend()) {
                tree = stub.call(Nr.OPEN_TREE, At.FDCWD, memory.string("/"), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
                Errno.check("open_tree", "take the container's root", tree);
                // Back to the host's root: where the stub looks for /proc must not be the container's choice.
                Errno.check("fchdir", "return to the host's root", stub.call(Nr.FCHDIR, host));
                Errno.check("chroot", "return to the host's root", stub.call(Nr.CHROOT, memory.string(".")));
            }
            if (!privileged) {
                return new RootMount(fs, (int) tree, null, stub);
            }
            Fd top = stub.take((int) tree);
            return new RootMount(Fs.HOST, top.number(), top, stub);
        } catch (RuntimeException e) {
            stub.close();
            throw e;
        }
    }

    private static void joinUsers(Fs fs, long pid) {
        int users = fs.open(At.FDCWD, "/proc/" + pid + "/ns/user", OpenFlags.RDONLY, 0);
        Errno.check("setns", "join the container's user namespace", fs.caller().call(Nr.SETNS, users, Clone.NEWUSER));
        fs.close(users);
        fs.caller().call(Nr.SETGROUPS, 0, 0);
        Errno.check("setresgid", "become the container's root", fs.caller().call(Nr.SETRESGID, 0, 0, 0));
        Errno.check("setresuid", "become the container's root", fs.caller().call(Nr.SETRESUID, 0, 0, 0));
    }

    private static String checked(long pid, Fs fs) {
        String root = "/proc/" + pid + "/root";
        int fd = fs.tryOpen(At.FDCWD, root, OpenFlags.PATH | OpenFlags.DIRECTORY, 0);
        if (fd == -Errno.ENOENT || fd == -Errno.ESRCH) {
            throw new UserException("the container has ended meanwhile; try again");
        }
        if (fd >= 0) {
            fs.close(fd);
        }
        return root;
    }

    /** What of a specification has to do with the root. */
    private static ContainerSpec specification(RootSpec root, IdMaps maps) {
        ProcessSpec nothing = new ProcessSpec(
                List.of(),
                List.of(),
                "/",
                0,
                0,
                List.of(),
                OptionalInt.empty(),
                false,
                new Capabilities(Set.of(), Set.of(), Set.of(), Set.of(), Set.of()),
                List.of(),
                true,
                OptionalInt.empty(),
                false);
        Namespaces.Origin host = Namespaces.HOST;
        return new ContainerSpec(
                "",
                root,
                nothing,
                new Namespaces(host, host, host, host, host, host, host),
                maps,
                "",
                "",
                List.of(),
                List.of(),
                Resources.NONE,
                new SeccompSpec.Default(),
                List.of(),
                List.of(),
                Map.of(),
                "");
    }

    /** {@return who can look into the tree; its ids are as that caller sees them} */
    public Fs fs() {
        return fs;
    }

    /** {@return a descriptor of the tree's root, for {@link #fs()}, opened with O_PATH; closed with this} */
    public int directory() {
        return directory;
    }

    /** Lets the tree go; what was mounted for it is unmounted by the kernel with the last descriptor. */
    @Override
    public void close() {
        if (own != null) {
            own.close();
        }
        if (stub != null) {
            stub.close();
        }
    }
}
