package belljar.container;

import belljar.failure.HostException;
import belljar.linux.Batch;
import belljar.linux.Caller;
import belljar.linux.Clone;
import belljar.linux.Errno;
import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;
import belljar.linux.Stub;
import belljar.sandbox.IdMaps;
import java.util.ArrayList;
import java.util.List;

/** Makes a stub's user namespace and maps its ids (user_namespaces(7)). */
public final class UserNamespace {
    private static final int PR_SET_DUMPABLE = 4;

    private UserNamespace() {}

    /**
     * Puts a stub into a new user namespace, as root there.
     *
     * @param stub a stub in this process's user namespace
     * @param maps the ids to map; id 0 must be among them
     * @throws HostException if the kernel or newuidmap refuses
     */
    public static void make(Stub stub, IdMaps maps) {
        Errno.check("unshare", "make a user namespace", stub.call(Nr.UNSHARE, Clone.NEWUSER));
        String proc = "/proc/" + stub.pid();
        boolean root = HostKernel.INSTANCE.call(Nr.GETEUID) == 0;
        boolean single = isOwn(maps.uids(), Nr.GETEUID) && isOwn(maps.gids(), Nr.GETEGID);
        if (root || single) {
            if (!root) {
                // Without privilege a group may be mapped only by who can no longer drop groups.
                write(proc + "/setgroups", "deny");
            }
            write(proc + "/gid_map", text(maps.gids(), ' ', '\n'));
            write(proc + "/uid_map", text(maps.uids(), ' ', '\n'));
        } else {
            map("newgidmap", stub.pid(), maps.gids());
            map("newuidmap", stub.pid(), maps.uids());
        }
        becomeRoot(stub);
    }

    /**
     * Puts a stub into a new user namespace inside its own, as root there.
     *
     * @param stub a stub that is root in a user namespace which this process's user owns
     * @param maps the ids to map to those of that namespace; id 0 must be among them
     * @throws HostException if the kernel refuses
     */
    static void makeInside(Stub stub, IdMaps maps) {
        // The ids are written by who is root in the namespace around, which no process outside of it is.
        try (Stub writer = Stub.start(0, -1, -1, -1)) {
            enter(writer, "/proc/" + stub.pid() + "/ns/user");
            becomeRoot(writer);
            Errno.check("unshare", "make a user namespace", stub.call(Nr.UNSHARE, Clone.NEWUSER));
            write(writer, "/proc/" + stub.pid() + "/gid_map", text(maps.gids(), ' ', '\n'));
            write(writer, "/proc/" + stub.pid() + "/uid_map", text(maps.uids(), ' ', '\n'));
        }
        becomeRoot(stub);
        // With its user id the process lost the right to its own files in procfs (PR_SET_DUMPABLE, proc(5)).
        Errno.check("prctl", "keep access to procfs", stub.call(Nr.PRCTL, PR_SET_DUMPABLE, 1, 0, 0, 0));
    }

    private static void enter(Stub stub, String path) {
        try (Batch batch = stub.batch()) {
            String what = "enter the user namespace " + path;
            Batch.Step file = batch.step(what, Nr.OPENAT, Mounter.AT_FDCWD, batch.string(path), Rootfs.O_CLOEXEC);
            batch.step(what, Nr.SETNS, 0, Clone.NEWUSER).uses(0, file);
            batch.step(what, Nr.CLOSE, 0).uses(0, file);
            batch.run();
        }
    }

    /** Makes a stub that has entered a user namespace root there. */
    static void becomeRoot(Stub stub) {
        try (Batch batch = stub.batch()) {
            batch.step("drop supplementary groups", Nr.SETGROUPS, 0, 0).tolerating(Errno.EPERM);
            batch.step("become the namespace's group 0", Nr.SETRESGID, 0, 0, 0);
            batch.step("become the namespace's user 0", Nr.SETRESUID, 0, 0, 0);
            batch.run();
        }
    }

    /** {@return whether groups may be changed in a namespace with these maps, made by this process} */
    static boolean groupsAllowed(IdMaps maps) {
        if (maps.within().isPresent()) {
            return groupsAllowed(maps.within().get());
        }
        return HostKernel.INSTANCE.call(Nr.GETEUID) == 0
                || !(isOwn(maps.uids(), Nr.GETEUID) && isOwn(maps.gids(), Nr.GETEGID));
    }

    private static boolean isOwn(List<IdMaps.Range> ranges, int call) {
        return ranges.size() == 1
                && ranges.get(0).size() == 1
                && ranges.get(0).outside() == HostKernel.INSTANCE.call(call);
    }

    private static String text(List<IdMaps.Range> ranges, char between, char after) {
        StringBuilder text = new StringBuilder();
        for (IdMaps.Range range : ranges) {
            text.append(range.inside())
                    .append(between)
                    .append(range.outside())
                    .append(between)
                    .append(range.size())
                    .append(after);
        }
        return text.toString();
    }

    private static void write(String path, String content) {
        write(HostKernel.INSTANCE, path, content);
    }

    private static void write(Caller kernel, String path, String content) {
        byte[] bytes = content.getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        try (Memory memory = kernel.lend()) {
            long fd = Errno.check(
                    "openat",
                    "open " + path,
                    kernel.call(Nr.OPENAT, Mounter.AT_FDCWD, memory.string(path), Rootfs.O_CLOEXEC | 1));
            long written = kernel.call(Nr.WRITE, fd, memory.copy(bytes), bytes.length);
            kernel.call(Nr.CLOSE, fd);
            Errno.check("write", "map the ids of the user namespace in " + path, written);
        }
    }

    /** Runs newuidmap(1) or newgidmap(1), which may map the ids that /etc/subuid and /etc/subgid grant. */
    private static void map(String program, long pid, List<IdMaps.Range> ranges) {
        ArrayList<String> args = new ArrayList<>();
        args.add(program);
        args.add(Long.toString(pid));
        for (IdMaps.Range range : ranges) {
            args.add(Integer.toString(range.inside()));
            args.add(Integer.toString(range.outside()));
            args.add(Integer.toString(range.size()));
        }
        Stub helper = Stub.start(0, -1, -1, 2);
        boolean started;
        try (Batch batch = helper.batch()) {
            long argv = batch.memory().strings(args);
            long envp = batch.memory().strings(List.of());
            batch.step("run", Nr.EXECVE, batch.string("/usr/bin/" + program), argv, envp)
                    .tolerating(Errno.ENOENT);
            batch.step("run", Nr.EXECVE, batch.string("/bin/" + program), argv, envp)
                    .tolerating(Errno.ENOENT);
            started = batch.runToExec();
        }
        if (!started) {
            helper.close();
            throw new HostException(
                    program + " is not installed, so subordinate ids cannot be used; install the package uidmap",
                    program,
                    0);
        }
        int code = helper.waitFor();
        helper.release();
        if (code != 0) {
            throw new HostException(
                    program + " refused to map the subordinate ids; check /etc/subuid and /etc/subgid", program, 0);
        }
    }
}
