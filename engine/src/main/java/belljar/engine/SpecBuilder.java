package belljar.engine;

import belljar.failure.GuestException;
import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.linux.Errno;
import belljar.linux.Stub;
import belljar.sandbox.ContainerSpec;
import belljar.sandbox.IdMaps;
import belljar.sandbox.MountSpec;
import belljar.sandbox.Namespaces;
import belljar.sandbox.ProcessSpec;
import belljar.sandbox.Resources;
import belljar.sandbox.Resources.DeviceRule;
import belljar.sandbox.RootSpec;
import belljar.sandbox.SeccompSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * Decides what a container is: joins what was asked for with what the image says and with the strict defaults. Writes
 * the files that the container finds its names in, makes its volumes and fills them; everything else that it does is
 * looking.
 */
public final class SpecBuilder {
    private static final int MAX_HOSTNAME = 64; // HOST_NAME_MAX of limits.h
    private static final int SHORT_ID = 12;
    /** Podman's default: enough for any server, not for a fork bomb. */
    private static final long DEFAULT_PIDS = 2048;

    private final RunRequest request;
    private final ImageDefaults image;
    private final RunSite site;
    private final Namespaces namespaces;

    private SpecBuilder(RunRequest request, ImageDefaults image, RunSite site) {
        this.request = request;
        this.image = image;
        this.site = site;
        this.namespaces = new NamespaceRules(site).of(request);
    }

    /**
     * {@return the specification of a container}
     *
     * @param request what is asked
     * @param image what the image says
     * @param site what is prepared on the host
     * @throws UserException if the request contradicts itself, the image or the host
     * @throws GuestException if the image's own words cannot be followed
     * @throws HostException if the host's files cannot be read or the container's not be written
     */
    public static ContainerSpec build(RunRequest request, ImageDefaults image, RunSite site) {
        try (RootView root = new RootView(site.layers(), site.rootless())) {
            return new SpecBuilder(request, image, site).build(root);
        } catch (HostException e) {
            IdMaps own = site.idMaps().within().orElse(site.idMaps());
            if (e.errno() != Errno.EACCES || !site.rootless() || IdMapping.single(own)) {
                throw e;
            }
            // A directory of the image is for one of its users only; who has their ids may look into it.
            try (Stub stub = NamespaceOwner.start(own);
                    RootView root = new RootView(stub, site.layers(), true)) {
                return new SpecBuilder(request, image, site).build(root);
            }
        }
    }

    private ContainerSpec build(RootView root) {
        boolean ownUsers = !(namespaces.user() instanceof Namespaces.Host);
        String hostname = hostname();
        Users users = Users.of(root);
        List<MountSpec> usersFiles = List.of();
        if (request.namespaces().ids() instanceof IdChoice.KeepId keep) {
            boolean readonly = request.storage().readonlyRoot();
            KeptUser kept = KeptUser.of(keep, users, site.files(), workdir(), readonly);
            users = kept.users();
            usersFiles = kept.mounts();
        }
        Users.User user = user(users);
        if (usersFiles.isEmpty()) {
            boolean readonly = request.storage().readonlyRoot();
            UserEntries entries = request.process().users();
            usersFiles = EnteredUsers.files(entries, users, user, workdir(), site.files(), readonly);
            user = EnteredUsers.atHome(entries, users, user, workdir());
        }
        Devices devices = new Devices(site.rootless(), ownUsers);
        devices.add(
                request.storage().devices(),
                request.security().privileged(),
                request.resources().deviceRules());
        List<MountSpec> mounts = mounts(root, user, hostname, devices.mounts(), usersFiles);
        return new ContainerSpec(
                site.id(),
                new RootSpec(
                        site.layers(),
                        site.upper(),
                        site.work(),
                        request.storage().readonlyRoot(),
                        request.remove()),
                process(user, hostname, ownUsers),
                namespaces,
                site.idMaps(),
                namespaces.uts() instanceof Namespaces.Private ? hostname : "",
                "",
                mounts,
                devices.nodes(),
                resources(devices.rules()),
                seccomp(request.security()),
                ProtectedPaths.masked(request.security()),
                ProtectedPaths.readonly(request.security()),
                SysctlRules.of(request.security().sysctls(), namespaces),
                propagation(mounts));
    }

    private ProcessSpec process(Users.User user, String hostname, boolean ownUsers) {
        ProcessRequest asked = request.process();
        return new ProcessSpec(
                arguments(),
                Environment.merge(asked, image.env(), user.home(), hostname),
                workdir(),
                user.uid(),
                user.gid(),
                user.groups(),
                asked.umask(),
                asked.tty(),
                CapabilityRules.sets(request.security(), user.uid(), ownUsers),
                asked.rlimits(),
                request.security().noNewPrivileges().orElse(!request.security().privileged()),
                asked.oomScoreAdj(),
                asked.init());
    }

    private List<String> arguments() {
        if (request.image().startsWith(ImageChoice.PAUSE)) {
            return List.of();
        }
        List<String> arguments = arguments(request.process(), image);
        if (arguments.isEmpty() || arguments.get(0).isEmpty()) {
            throw new UserException(
                    "the image " + request.image() + " names no command to run; write one after the image's name");
        }
        for (String argument : arguments) {
            if (argument.indexOf('\0') >= 0) {
                throw new GuestException("the image's command has a NUL character in it", 126);
            }
        }
        return arguments;
    }

    /**
     * {@return the program and its arguments, unchecked} Docker's rule: a new entrypoint also drops the image's
     * command, because that was meant for the old one.
     */
    static List<String> arguments(ProcessRequest asked, ImageDefaults image) {
        List<String> arguments = new ArrayList<>();
        if (asked.entrypoint().isPresent()) {
            arguments.addAll(asked.entrypoint().get());
            arguments.addAll(asked.command());
        } else {
            arguments.addAll(image.entrypoint());
            arguments.addAll(asked.command().isEmpty() ? image.command() : asked.command());
        }
        return arguments;
    }

    private String workdir() {
        String asked = request.process().workdir();
        if (!asked.isEmpty()) {
            if (!asked.startsWith("/")) {
                throw new UserException("the working directory '" + asked + "' is not absolute; begin it with '/'");
            }
            return asked;
        }
        String directory = image.workdir();
        if (directory.indexOf('\0') >= 0) {
            throw new GuestException("the image's working directory has a NUL character in it", 126);
        }
        return directory.startsWith("/") ? directory : "/" + directory;
    }

    private Users.User user(Users users) {
        ProcessRequest asked = request.process();
        Users.User user = users.resolve(userText(), asked.groups());
        IdMaps maps = site.idMaps();
        if (maps.uids().isEmpty()) {
            return user;
        }
        if (!SystemMounts.maps(maps.uids(), user.uid())) {
            throw noPlace("user", user.uid(), "/etc/subuid");
        }
        if (!SystemMounts.maps(maps.gids(), user.gid())) {
            throw noPlace("group", user.gid(), "/etc/subgid");
        }
        List<Integer> groups = new ArrayList<>();
        for (int gid : user.groups()) {
            // The image's memberships may be lost where the mapping is small; what was asked for may not.
            if (SystemMounts.maps(maps.gids(), gid)) {
                groups.add(gid);
            } else if (users.isAskedFor(gid, asked.groups())) {
                throw noPlace("group", gid, "/etc/subgid");
            }
        }
        return new Users.User(user.uid(), user.gid(), groups, user.home());
    }

    /** Whoever keeps their ids means to be that user, whatever the image says. */
    private String userText() {
        String asked = request.process().user();
        if (asked.isEmpty() && request.namespaces().ids() instanceof IdChoice.KeepId keep) {
            return UserIds.uid(keep) + ":" + UserIds.gid(keep);
        }
        return asked.isEmpty() ? image.user() : asked;
    }

    private static UserException noPlace(String kind, int id, String file) {
        return new UserException(kind + " " + id + " has no id on the host in this container's user namespace; give it "
                + "more ids in " + file + " or run as another " + kind);
    }

    private String hostname() {
        String asked = request.network().hostname();
        boolean ownName = namespaces.uts() instanceof Namespaces.Private;
        if (!asked.isEmpty()) {
            if (!ownName) {
                throw new UserException(
                        "--hostname needs a UTS namespace of the container's own; leave out --uts or " + "--hostname");
            }
            checkHostname(asked);
            return asked;
        }
        if (!ownName || namespaces.network() instanceof Namespaces.Host) {
            return hostsName();
        }
        return site.id().length() > SHORT_ID ? site.id().substring(0, SHORT_ID) : site.id();
    }

    private static String hostsName() {
        // Not through the JDK, which asks for one byte first: files of /proc/sys answer their first read only.
        return SmallFile.read("/proc/sys/kernel/hostname").strip();
    }

    private static void checkHostname(String name) {
        boolean good = name.length() <= MAX_HOSTNAME;
        for (int i = 0; i < name.length() && good; i++) {
            char c = name.charAt(i);
            good = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || "-._".indexOf(c) >= 0;
        }
        if (!good) {
            throw new UserException("'" + name + "' is not a host name; use at most 64 letters, digits, '-', '.', '_'");
        }
    }

    private List<MountSpec> mounts(
            RootView root, Users.User owner, String hostname, List<MountSpec> devices, List<MountSpec> usersFiles) {
        StorageRequest storage = request.storage();
        UserMounts user = new UserMounts(site, root, owner);
        user.add(storage.mounts());
        user.addImageVolumes(image.volumes(), storage.imageVolumes());
        List<MountSpec> mounts = new ArrayList<>();
        for (MountSpec system : new SystemMounts(request, namespaces, site.idMaps()).mounts()) {
            addUnless(mounts, system, user.mounts(), true);
        }
        NetworkFiles files =
                new NetworkFiles(request.network(), namespaces.network(), site.files(), storage.readonlyRoot());
        for (MountSpec file : files.write(hostname, request.name())) {
            addUnless(mounts, file, user.mounts(), false);
        }
        for (MountSpec file : usersFiles) {
            addUnless(mounts, file, user.mounts(), false);
        }
        mounts.addAll(devices);
        mounts.addAll(user.mounts());
        MountPaths.sort(mounts);
        return mounts;
    }

    /** A default gives way to a mount that was asked for at its place or, for the system's own, above it. */
    private static void addUnless(List<MountSpec> mounts, MountSpec mount, List<MountSpec> asked, boolean orAbove) {
        for (MountSpec other : asked) {
            if (other.destination().equals(mount.destination())
                    || orAbove && MountPaths.covers(other.destination(), mount.destination())) {
                return;
            }
        }
        mounts.add(mount);
    }

    private Resources resources(List<DeviceRule> rules) {
        Resources asked = request.resources();
        return new Resources(
                asked.cpuQuota(),
                asked.cpuPeriod(),
                asked.cpuShares(),
                asked.cpusetCpus(),
                asked.cpusetMems(),
                asked.memory(),
                asked.memorySwap(),
                asked.memoryReservation(),
                asked.pids().isPresent() || site.rootless() ? asked.pids() : OptionalLong.of(DEFAULT_PIDS),
                asked.ioWeight(),
                rules);
    }

    /** {@return which system calls are allowed} */
    static SeccompSpec seccomp(SecurityRequest security) {
        if (security.seccomp().isPresent()) {
            return security.seccomp().get();
        }
        return security.privileged() ? new SeccompSpec.Unconfined() : new SeccompSpec.Default();
    }

    /** A mount can only pass propagation on when the root it stands in does not cut it off. */
    private static String propagation(List<MountSpec> mounts) {
        boolean slave = false;
        for (MountSpec mount : mounts) {
            if (mount.options().contains("shared") || mount.options().contains("rshared")) {
                return "rshared";
            }
            slave |= mount.options().contains("slave") || mount.options().contains("rslave");
        }
        return slave ? "rslave" : "";
    }
}
