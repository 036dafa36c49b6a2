package belljar.container;

import belljar.failure.UserException;
import java.util.ArrayList;
import java.util.List;

/**
 * The options of one mount, sorted by what they are for the kernel: attributes of the mount (mount_setattr(2)),
 * propagation, and what the file system itself takes. Words are those of mount(8) and the OCI runtime specification.
 */
final class MountOptions {
    static final long RDONLY = 1;
    static final long NOSUID = 2;
    static final long NODEV = 4;
    static final long NOEXEC = 8;
    static final long NOATIME = 0x10;
    static final long STRICTATIME = 0x20;
    static final long ATIME = 0x70;
    static final long NODIRATIME = 0x80;
    static final long NOSYMFOLLOW = 0x200000;

    static final long UNBINDABLE = 1 << 17;
    static final long PRIVATE = 1 << 18;
    static final long SLAVE = 1 << 19;
    static final long SHARED = 1 << 20;

    private long set;
    private long clear;
    private long recursiveSet;
    private long recursiveClear;
    private long propagation;
    private boolean propagationRecursive;
    private boolean bind;
    private boolean recursiveBind;
    private boolean copyUp;
    private final ArrayList<String> data = new ArrayList<>();

    private MountOptions() {}

    static MountOptions parse(List<String> options) {
        MountOptions parsed = new MountOptions();
        for (String option : options) {
            if (!parsed.known(option) && !parsed.propagates(option)) {
                parsed.data.add(option);
            }
        }
        return parsed;
    }

    private boolean known(String option) {
        switch (option) {
            case "bind" -> bind = true;
            case "rbind" -> {
                bind = true;
                recursiveBind = true;
            }
            case "tmpcopyup" -> copyUp = true;
            case "notmpcopyup", "defaults", "async", "loud" -> {}
            case "ro" -> on(RDONLY);
            case "rw" -> off(RDONLY);
            case "nosuid" -> on(NOSUID);
            case "suid" -> off(NOSUID);
            case "nodev" -> on(NODEV);
            case "dev" -> off(NODEV);
            case "noexec" -> on(NOEXEC);
            case "exec" -> off(NOEXEC);
            case "nosymfollow" -> on(NOSYMFOLLOW);
            case "symfollow" -> off(NOSYMFOLLOW);
            case "nodiratime" -> on(NODIRATIME);
            case "diratime" -> off(NODIRATIME);
            case "noatime" -> accessTime(NOATIME);
            case "strictatime" -> accessTime(STRICTATIME);
            case "relatime", "atime" -> accessTime(0);
            case "rro" -> recursiveSet |= RDONLY;
            case "rrw" -> recursiveClear |= RDONLY;
            case "rnosuid" -> recursiveSet |= NOSUID;
            case "rsuid" -> recursiveClear |= NOSUID;
            case "rnodev" -> recursiveSet |= NODEV;
            case "rdev" -> recursiveClear |= NODEV;
            case "rnoexec" -> recursiveSet |= NOEXEC;
            case "rexec" -> recursiveClear |= NOEXEC;
            default -> {
                return false;
            }
        }
        return true;
    }

    private boolean propagates(String option) {
        boolean recursive = option.length() > 1 && option.charAt(0) == 'r';
        switch (recursive ? option.substring(1) : option) {
            case "shared" -> propagation = SHARED;
            case "slave" -> propagation = SLAVE;
            case "private" -> propagation = PRIVATE;
            case "unbindable" -> propagation = UNBINDABLE;
            default -> {
                return false;
            }
        }
        propagationRecursive = recursive;
        return true;
    }

    /** The last of two contradicting options counts, as in mount(8). */
    private void on(long attribute) {
        set |= attribute;
        clear &= ~attribute;
    }

    private void off(long attribute) {
        clear |= attribute;
        set &= ~attribute;
    }

    private void accessTime(long kind) {
        clear |= ATIME;
        set = set & ~ATIME | kind;
    }

    /** {@return the propagation's number for a word such as {@code rslave}} */
    static long propagation(String word) {
        MountOptions parsed = new MountOptions();
        if (!parsed.propagates(word)) {
            throw new UserException("unknown propagation '" + word
                    + "'; use private, slave, shared or unbindable, or one of them with an r before it");
        }
        return parsed.propagation;
    }

    /** {@return attributes to set on the mount itself} */
    long set() {
        return set;
    }

    /** {@return attributes to clear on the mount itself} */
    long clear() {
        return clear;
    }

    /** {@return attributes to set on the mount and all below it} */
    long recursiveSet() {
        return recursiveSet;
    }

    /** {@return attributes to clear on the mount and all below it} */
    long recursiveClear() {
        return recursiveClear;
    }

    /** {@return the propagation to set, 0 to leave it} */
    long propagation() {
        return propagation;
    }

    boolean propagationRecursive() {
        return propagationRecursive;
    }

    boolean bind() {
        return bind;
    }

    boolean recursiveBind() {
        return recursiveBind;
    }

    boolean copyUp() {
        return copyUp;
    }

    /** {@return what the file system itself takes: {@code key=value} or flags} */
    List<String> data() {
        return data;
    }
}
