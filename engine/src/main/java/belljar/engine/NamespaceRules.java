package belljar.engine;

import belljar.failure.UserException;
import belljar.sandbox.Namespaces;

/** Turns the words for namespaces into where they come from. */
final class NamespaceRules {
    private final RunSite site;

    NamespaceRules(RunSite site) {
        this.site = site;
    }

    /** {@return the namespaces of a container} */
    Namespaces of(RunRequest request) {
        NamespaceRequest asked = request.namespaces();
        if (asked.ipc() instanceof NamespaceMode.Of && site.rootless() && !PodFiles.isMounted(request, "/dev/shm")) {
            throw new UserException("--ipc container:NAME needs root, as it takes /dev/shm out of the other container;"
                    + " containers of a pod share it without root, too");
        }
        return new Namespaces(
                origin("--pid", asked.pid(), "pid", false),
                origin("--ipc", asked.ipc(), "ipc", true),
                origin("--uts", asked.uts(), "uts", false),
                origin("--network", request.network().mode(), "net", true),
                user(asked.user()),
                origin("--cgroupns", asked.cgroup(), "cgroup", false),
                Namespaces.HOST);
    }

    private Namespaces.Origin user(NamespaceMode mode) {
        if (mode instanceof NamespaceMode.Path || mode instanceof NamespaceMode.Of) {
            return origin("--userns", mode, "user", false);
        }
        return site.idMaps().uids().isEmpty() ? Namespaces.HOST : Namespaces.PRIVATE;
    }

    private Namespaces.Origin origin(String option, NamespaceMode mode, String file, boolean noneAllowed) {
        if (mode instanceof NamespaceMode.Host) {
            return Namespaces.HOST;
        }
        if (mode instanceof NamespaceMode.Path path) {
            return new Namespaces.Join(path.path());
        }
        if (mode instanceof NamespaceMode.Of of) {
            return new Namespaces.Join("/proc/" + site.neighbours().pid(of.container()) + "/ns/" + file);
        }
        if (mode instanceof NamespaceMode.None && !noneAllowed) {
            throw new UserException(option + " none does not exist; use private or host");
        }
        return Namespaces.PRIVATE;
    }
}
