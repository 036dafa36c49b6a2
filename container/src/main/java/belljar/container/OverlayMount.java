package belljar.container;

import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.linux.Batch;
import belljar.linux.Errno;
import belljar.linux.Nr;
import java.util.List;

/**
 * The overlay that a container's root is (the kernel's {@code Documentation/filesystems/overlayfs.rst}). Kernels since
 * 6.7 take one layer at a time, by a path in which no character means anything; older ones take all of them in one
 * string, which is one page long and in which some characters must be escaped.
 *
 * @param layers the layers, the topmost first
 * @param upper what takes the changes
 * @param work overlayfs's work directory
 * @param userXattrs whether its own attributes are {@code user.} ones, as without the host's privileges
 * @param discarded whether the changes need never reach the disk
 */
record OverlayMount(List<String> layers, String upper, String work, boolean userXattrs, boolean discarded) {
    private static final String ONE_LAYER = "add the layer ";
    private static final String WHAT = "mount overlay at /";
    private static final int FSCONFIG_SET_FLAG = 0;
    private static final int FSCONFIG_SET_STRING = 1;
    private static final int FSCONFIG_CMD_CREATE = 6;
    private static final int OPEN_TREE_CLONE_CLOEXEC = 0x80001;
    /** OVL_MAX_STACK of the kernel's overlayfs. */
    private static final int MAX_LAYERS = 500;
    /** Options of mount(2) go through one page. */
    private static final int DATA_MAX = 4095;

    /**
     * Appends the steps. They enter other directories.
     *
     * @param batch where
     * @return the step that results in a descriptor of the overlay, which is mounted nowhere
     * @throws UserException if there are more layers than the kernel takes
     */
    Batch.Step make(Batch batch) {
        if (layers.size() > MAX_LAYERS) {
            throw tooMany();
        }
        Batch.Step context = batch.step(WHAT, Nr.FSOPEN, batch.string("overlay"), 1 /* FSOPEN_CLOEXEC */);
        set(batch, context, WHAT, "source", "overlay");
        String entered = "";
        for (int i = 0; i < layers.size(); i++) {
            entered = path(batch, context, "lowerdir+", layers.get(i), entered);
        }
        entered = path(batch, context, "upperdir", upper, entered);
        path(batch, context, "workdir", work, entered);
        if (userXattrs) {
            flag(batch, context, "userxattr");
        }
        if (discarded) {
            // Else the kernel would sync the whole file system below when the container ends.
            flag(batch, context, "volatile");
        }
        batch.step(WHAT, Nr.FSCONFIG, 0, FSCONFIG_CMD_CREATE, 0, 0, 0).uses(0, context);
        Batch.Step made =
                batch.step(WHAT, Nr.FSMOUNT, 0, 1 /* FSMOUNT_CLOEXEC */, 0).uses(0, context);
        batch.step(WHAT, Nr.CLOSE, 0).uses(0, context);
        return made;
    }

    /** A value has 255 bytes at most, so a path is given from its directory. */
    private static String path(Batch batch, Batch.Step context, String key, String path, String entered) {
        int slash = path.startsWith("/") ? path.lastIndexOf('/') : -1;
        String directory = path.substring(0, Math.max(slash, 0));
        if (slash >= 0 && !directory.equals(entered)) {
            batch.step("enter " + directory, Nr.CHDIR, batch.string(directory.isEmpty() ? "/" : directory));
        }
        set(batch, context, ONE_LAYER + path, key, path.substring(slash + 1));
        return slash < 0 ? entered : directory;
    }

    private static void set(Batch batch, Batch.Step context, String what, String key, String value) {
        batch.step(what, Nr.FSCONFIG, 0, FSCONFIG_SET_STRING, batch.string(key), batch.string(value), 0)
                .uses(0, context);
    }

    private static void flag(Batch batch, Batch.Step context, String key) {
        batch.step(WHAT, Nr.FSCONFIG, 0, FSCONFIG_SET_FLAG, batch.string(key), 0, 0)
                .uses(0, context);
    }

    /** {@return whether a failure of {@link #make} means that the kernel does not take layers one at a time} */
    static boolean isUnknown(HostException e) {
        return e.errno() == Errno.EINVAL && e.getMessage().startsWith(ONE_LAYER);
    }

    /**
     * Appends the steps for kernels before 6.7.
     *
     * @param batch where
     * @param place a directory that is covered by the overlay from then on
     * @return the step that results in a descriptor of a copy of the overlay's mount, which is mounted nowhere
     * @throws UserException if the layers' names are longer than the kernel takes
     */
    Batch.Step makeOfString(Batch batch, String place) {
        String base = commonParent(layers);
        if (!base.isEmpty()) {
            batch.step("enter the layer store " + base, Nr.CHDIR, batch.string(base));
        }
        StringBuilder data = new StringBuilder("lowerdir=");
        for (int i = 0; i < layers.size(); i++) {
            String layer = layers.get(i);
            data.append(i > 0 ? ":" : "").append(escape(base.isEmpty() ? layer : layer.substring(base.length() + 1)));
        }
        data.append(",upperdir=").append(escape(upper)).append(",workdir=").append(escape(work));
        data.append(userXattrs ? ",userxattr" : "").append(discarded ? ",volatile" : "");
        if (data.length() > DATA_MAX) {
            throw tooMany();
        }
        long overlay = batch.string("overlay");
        long at = batch.string(place);
        batch.step(WHAT, Nr.MOUNT, overlay, at, overlay, 0, batch.string(data.toString()));
        return batch.step("take the root", Nr.OPEN_TREE, Mounter.AT_FDCWD, at, OPEN_TREE_CLONE_CLOEXEC);
    }

    private UserException tooMany() {
        return new UserException(
                "the image has too many layers (" + layers.size() + ") for one overlay mount; squash it to fewer");
    }

    /** A backslash keeps what ends a path or an option from doing so. */
    private static String escape(String path) {
        StringBuilder escaped = new StringBuilder();
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            if (c == '\\' || c == ',' || c == ':') {
                escaped.append('\\');
            }
            escaped.append(c);
        }
        return escaped.toString();
    }

    /** The directory that all layers lie in, so that their names in the string are short; empty if there is none. */
    private static String commonParent(List<String> layers) {
        String parent = layers.get(0).substring(0, Math.max(layers.get(0).lastIndexOf('/'), 0));
        for (String layer : layers) {
            if (layer.lastIndexOf('/') != parent.length() || !layer.startsWith(parent)) {
                return "";
            }
        }
        return parent;
    }
}
