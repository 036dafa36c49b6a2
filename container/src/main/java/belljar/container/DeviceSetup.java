package belljar.container;

import belljar.linux.Batch;
import belljar.linux.Errno;
import belljar.linux.Nr;
import belljar.linux.Stub;
import belljar.sandbox.DeviceSpec;
import java.util.List;

/**
 * Fills the container's {@code /dev}: the nodes and links that runtime-spec's "default devices" lists, and those that
 * the container asks for. In a user namespace nodes cannot be made, so the host's are mounted there instead.
 */
final class DeviceSetup {
    private static final int S_IFCHR = 0x2000;
    private static final int S_IFBLK = 0x6000;
    private static final int S_IFIFO = 0x1000;
    private static final String[] NAMES = {"null", "zero", "full", "random", "urandom", "tty"};
    private static final int[] MAJORS = {1, 1, 1, 1, 1, 5};
    private static final int[] MINORS = {3, 5, 7, 8, 9, 0};
    private static final String[][] LINKS = {
        {"fd", "/proc/self/fd"},
        {"stdin", "/proc/self/fd/0"},
        {"stdout", "/proc/self/fd/1"},
        {"stderr", "/proc/self/fd/2"},
        {"ptmx", "pts/ptmx"},
        {"core", "/proc/kcore"},
    };

    private final Stub stub;
    private final Mounter mounter;
    private final Rootfs root;
    private final boolean userNamespace;

    DeviceSetup(Stub stub, Mounter mounter, Rootfs root, boolean userNamespace) {
        this.stub = stub;
        this.mounter = mounter;
        this.root = root;
        this.userNamespace = userNamespace;
    }

    /**
     * Appends the making of the default nodes and links, and of the places of further mounts: here they are made along
     * with the rest, while finding out later that one is missing takes ten conversations with the stub. In a user
     * namespace {@link #bindStandard} is to follow.
     *
     * @param batch where
     * @param dev the step that makes the file system of {@code /dev}
     * @param places names of directories to mount at
     */
    void standard(Batch batch, Batch.Step dev, List<String> places) {
        for (String[] link : LINKS) {
            batch.step("link /dev/" + link[0], Nr.SYMLINKAT, batch.string(link[1]), 0, batch.string(link[0]))
                    .uses(1, dev)
                    .tolerating(Errno.EEXIST);
        }
        for (int i = 0; i < NAMES.length && !userNamespace; i++) {
            long number = number(MAJORS[i], MINORS[i]);
            batch.step("make /dev/" + NAMES[i], Nr.MKNODAT, 0, batch.string(NAMES[i]), S_IFCHR | 0666, number)
                    .uses(0, dev)
                    .tolerating(Errno.EEXIST);
        }
        for (String place : places) {
            batch.step("make /dev/" + place, Nr.MKDIRAT, 0, batch.string(place), 0755)
                    .uses(0, dev)
                    .tolerating(Errno.EEXIST);
        }
    }

    /** Shows the host's nodes in {@code /dev}, since nobody may make any in a user namespace. */
    void bindStandard() {
        for (String name : NAMES) {
            bind("/dev/" + name, "/dev/" + name);
        }
    }

    private void bind(String host, String path) {
        int tree = mounter.cloneTree(host, false);
        int target = root.make(path, false);
        mounter.attach(tree, MountOptions.parse(List.of()), target, "the device " + path);
    }

    /** Makes further nodes. */
    void extra(List<DeviceSpec> devices) {
        for (DeviceSpec device : devices) {
            if (userNamespace) {
                bind(device.path(), device.path());
            } else {
                make(device);
            }
        }
    }

    private void make(DeviceSpec device) {
        String path = Rootfs.clean(device.path());
        int slash = path.lastIndexOf('/');
        int parent = root.make(slash <= 0 ? "/" : path.substring(0, slash), true);
        int type = device.type() == 'b' ? S_IFBLK : device.type() == 'p' ? S_IFIFO : S_IFCHR;
        String what = "make the device " + device.path();
        try (Batch batch = stub.batch()) {
            long name = batch.string(path.substring(slash + 1));
            // A node of that name may come with the image or the defaults; what was asked for replaces it.
            batch.step(what, Nr.UNLINKAT, parent, name, 0).tolerating(Errno.ENOENT);
            long number = device.type() == 'p' ? 0 : number(device.major(), device.minor());
            batch.step(what, Nr.MKNODAT, parent, name, type | device.mode(), number);
            batch.step(what, Nr.FCHOWNAT, parent, name, device.uid(), device.gid(), 0x100 /* AT_SYMLINK_NOFOLLOW */);
            batch.step(what, Nr.CLOSE, parent);
            batch.run();
        }
    }

    /** {@return a device number as the kernel takes it from mknod(2); see makedev(3)} */
    static long number(int major, int minor) {
        return minor & 0xFF | (long) major << 8 | (minor & ~0xFFL) << 12;
    }
}
