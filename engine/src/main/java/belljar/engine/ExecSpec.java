package belljar.engine;

import belljar.container.ContainerFiles;
import belljar.failure.UserException;
import belljar.sandbox.ContainerSpec;
import belljar.sandbox.IdMaps;
import belljar.sandbox.Namespaces;
import belljar.sandbox.ProcessSpec;
import belljar.sandbox.Resources;
import belljar.sandbox.RootSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Decides what a further program in a running container is: by the request that the container was made with, what its
 * image says, and the container's own user database as it is now.
 */
final class ExecSpec {
    /** More than any user database needs, little enough for a hostile one not to matter. */
    private static final int LIMIT = 8 << 20;

    private static final int SHORT_ID = 12;

    private final ContainerRecord record;
    private final RunRequest made;
    private final ImageDefaults image;
    private final long pid;

    /**
     * @param record the container
     * @param made what it was made with
     * @param image what its image says
     * @param pid its first process
     */
    ExecSpec(ContainerRecord record, RunRequest made, ImageDefaults image, long pid) {
        this.record = record;
        this.made = made;
        this.image = image;
        this.pid = pid;
    }

    ContainerSpec of(ExecRequest asked) {
        IdMaps maps = LiveIdMaps.of(pid);
        Namespaces.Origin users = maps.uids().isEmpty() ? Namespaces.HOST : Namespaces.PRIVATE;
        Namespaces.Origin own = Namespaces.PRIVATE;
        return new ContainerSpec(
                record.id(),
                // The root is the one that is entered; the specification only has to name one.
                new RootSpec(List.of("/"), "", "", false, false),
                process(asked, maps),
                new Namespaces(own, own, own, own, users, own, Namespaces.HOST),
                maps,
                "",
                "",
                List.of(),
                List.of(),
                Resources.NONE,
                SpecBuilder.seccomp(made.security()),
                List.of(),
                List.of(),
                Map.of(),
                "");
    }

    private ProcessSpec process(ExecRequest asked, IdMaps maps) {
        ProcessRequest first = made.process();
        Users.User user = user(asked, first);
        boolean ownUsers = !maps.uids().isEmpty();
        SecurityRequest security = asked.privileged() ? privileged(made.security()) : made.security();
        List<String> env = new ArrayList<>(first.env());
        env.addAll(asked.env());
        return new ProcessSpec(
                asked.command(),
                Environment.merge(variables(first, env, asked.tty()), image.env(), user.home(), hostname()),
                workdir(asked),
                user.uid(),
                user.gid(),
                groups(user, maps),
                first.umask(),
                asked.tty(),
                CapabilityRules.sets(security, user.uid(), ownUsers),
                first.rlimits(),
                made.security().noNewPrivileges().orElse(!made.security().privileged()),
                first.oomScoreAdj(),
                false);
    }

    private Users.User user(ExecRequest asked, ProcessRequest first) {
        Users users = new Users(
                ContainerFiles.read(pid, "/etc/passwd", LIMIT).orElse(""),
                ContainerFiles.read(pid, "/etc/group", LIMIT).orElse(""));
        String own = first.user().isEmpty() ? image.user() : first.user();
        return users.resolve(asked.user().isEmpty() ? own : asked.user(), first.groups());
    }

    /** Groups without an id on the host cannot be had, as for the container's first process. */
    private static List<Integer> groups(Users.User user, IdMaps maps) {
        if (maps.gids().isEmpty()) {
            return user.groups();
        }
        List<Integer> groups = new ArrayList<>();
        for (int gid : user.groups()) {
            if (SystemMounts.maps(maps.gids(), gid)) {
                groups.add(gid);
            }
        }
        return groups;
    }

    private static SecurityRequest privileged(SecurityRequest made) {
        return new SecurityRequest(
                true,
                List.of(),
                List.of(),
                made.seccomp(),
                made.noNewPrivileges(),
                made.mask(),
                made.unmask(),
                made.sysctls());
    }

    private static ProcessRequest variables(ProcessRequest first, List<String> env, boolean tty) {
        return new ProcessRequest(
                first.command(),
                first.entrypoint(),
                env,
                first.unsetEnv(),
                first.unsetAllEnv(),
                first.user(),
                first.groups(),
                first.workdir(),
                tty,
                first.interactive(),
                first.init(),
                first.stopSignal(),
                first.umask(),
                first.oomScoreAdj(),
                first.rlimits());
    }

    private String workdir(ExecRequest asked) {
        String first = made.process().workdir();
        String directory =
                !asked.workdir().isEmpty() ? asked.workdir() : !first.isEmpty() ? first : "/" + image.workdir();
        if (!directory.startsWith("/")) {
            throw new UserException("the working directory '" + directory + "' is not absolute; begin it with '/'");
        }
        return directory;
    }

    private String hostname() {
        String asked = made.network().hostname();
        if (!asked.isEmpty()) {
            return asked;
        }
        boolean hosts = made.namespaces().uts() instanceof NamespaceMode.Host
                || made.network().mode() instanceof NamespaceMode.Host;
        if (hosts) {
            return SmallFile.read("/proc/sys/kernel/hostname").strip();
        }
        return record.id().length() > SHORT_ID ? record.id().substring(0, SHORT_ID) : record.id();
    }
}
