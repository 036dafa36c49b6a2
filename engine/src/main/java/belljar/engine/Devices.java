package belljar.engine;

import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.linux.Errno;
import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;
import belljar.sandbox.DeviceSpec;
import belljar.sandbox.MountSpec;
import belljar.sandbox.Resources.DeviceRule;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Which devices a container has. The nodes that every container has are the isolation kind's; here are the rules that
 * let it use them, and the host's devices that were asked for: nodes of their own for root, mounts of the host's nodes
 * without root, because a user namespace may not make device nodes.
 */
final class Devices {
    private static final int AT_FDCWD = -100;
    private static final int S_IFMT = 0xf000;
    private static final int S_IFCHR = 0x2000;
    private static final int S_IFBLK = 0x6000;

    /**
     * Deny all; then let nodes be made, and null, zero, full, random, urandom, tty, ptmx and pts be used. The host's
     * console, which Docker allows too, is not among them: a container's own is a pseudo-terminal.
     */
    private static final List<DeviceRule> DEFAULT_RULES = List.of(
            new DeviceRule(false, 'a', -1, -1, "rwm"),
            new DeviceRule(true, 'c', -1, -1, "m"),
            new DeviceRule(true, 'b', -1, -1, "m"),
            new DeviceRule(true, 'c', 1, 3, "rwm"),
            new DeviceRule(true, 'c', 1, 5, "rwm"),
            new DeviceRule(true, 'c', 1, 7, "rwm"),
            new DeviceRule(true, 'c', 1, 8, "rwm"),
            new DeviceRule(true, 'c', 1, 9, "rwm"),
            new DeviceRule(true, 'c', 5, 0, "rwm"),
            new DeviceRule(true, 'c', 5, 2, "rwm"),
            new DeviceRule(true, 'c', 136, -1, "rwm"));

    /** Names in {@code /dev} that are the container's own or no devices, so that "all devices" leaves them out. */
    private static final List<String> NOT_PASSED_ON = List.of(
            "pts",
            "shm",
            "mqueue",
            "fd",
            "stdin",
            "stdout",
            "stderr",
            "console",
            "null",
            "zero",
            "full",
            "random",
            "urandom",
            "tty",
            "ptmx",
            "core",
            "hugepages",
            ".udev");

    private final boolean ownUserNamespace;
    private final boolean rootless;
    private final List<DeviceSpec> nodes = new ArrayList<>();
    private final List<MountSpec> mounts = new ArrayList<>();
    private final List<DeviceRule> rules = new ArrayList<>();

    Devices(boolean rootless, boolean ownUserNamespace) {
        this.rootless = rootless;
        this.ownUserNamespace = ownUserNamespace;
    }

    /** {@return the nodes to make} */
    List<DeviceSpec> nodes() {
        return nodes;
    }

    /** {@return the host's nodes to mount} */
    List<MountSpec> mounts() {
        return mounts;
    }

    /** {@return what may be done with which devices; empty without root, since nothing there can enforce it} */
    List<DeviceRule> rules() {
        return rootless ? List.of() : rules;
    }

    /**
     * Adds what was asked for.
     *
     * @param requests the host's devices
     * @param privileged whether every device of the host is passed on
     * @param more rules that come after the default ones
     */
    void add(List<DeviceRequest> requests, boolean privileged, List<DeviceRule> more) {
        if (privileged) {
            rules.add(new DeviceRule(true, 'a', -1, -1, "rwm"));
            addAll(Path.of("/dev"), "/dev", "rwm");
        } else {
            rules.addAll(DEFAULT_RULES);
        }
        for (DeviceRequest request : requests) {
            Path source = Path.of(request.source());
            if (Files.isDirectory(source)) {
                int before = nodes.size() + mounts.size();
                addAll(source, request.destination(), request.access());
                if (before == nodes.size() + mounts.size()) {
                    throw new UserException("the directory " + source + " holds no device; name a device node");
                }
            } else {
                one(request.source(), request.destination(), request.access(), true);
            }
        }
        rules.addAll(more);
    }

    private void addAll(Path directory, String destination, String access) {
        boolean top = directory.toString().equals("/dev");
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                String name = entry.getFileName().toString();
                if (top && NOT_PASSED_ON.contains(name) || Files.isSymbolicLink(entry)) {
                    continue;
                }
                String inside = destination + "/" + name;
                if (Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
                    addAll(entry, inside, access);
                } else {
                    one(entry.toString(), inside, access, false);
                }
            }
        } catch (IOException e) {
            throw new HostException("the devices in " + directory + " cannot be listed: " + e.getMessage(), e);
        }
    }

    private void one(String source, String destination, String access, boolean demanded) {
        try (Memory memory = HostKernel.INSTANCE.lend()) {
            long stat = memory.allocate(144);
            long result = HostKernel.INSTANCE.call(Nr.NEWFSTATAT, AT_FDCWD, memory.string(source), stat, 0);
            if (result < 0) {
                if (demanded) {
                    throw new UserException("device " + source + " cannot be passed on: " + Errno.text((int) result)
                            + "; name a device node of the host");
                }
                return;
            }
            int mode = memory.getInt(stat + 24);
            int kind = mode & S_IFMT;
            if (kind != S_IFCHR && kind != S_IFBLK) {
                if (demanded) {
                    throw new UserException(source + " is not a device; use --volume to share a file or directory");
                }
                return;
            }
            long rdev = memory.getLong(stat + 40);
            // The encoding of makedev(3).
            int major = (int) (rdev >>> 8 & 0xfff | rdev >>> 32 & 0xfffff000L);
            int minor = (int) (rdev & 0xff | rdev >>> 12 & 0xffffff00L);
            char type = kind == S_IFCHR ? 'c' : 'b';
            if (rootless || ownUserNamespace) {
                mounts.add(new MountSpec(destination, "bind", source, List.of("bind", "rprivate", "nosuid", "noexec")));
            } else {
                nodes.add(new DeviceSpec(
                        destination,
                        type,
                        major,
                        minor,
                        mode & 0xfff,
                        memory.getInt(stat + 28),
                        memory.getInt(stat + 32)));
            }
            rules.add(new DeviceRule(true, type, major, minor, access));
        }
    }
}
