package belljar.engine;

import belljar.failure.UserException;
import belljar.linux.Errno;
import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;
import java.nio.file.Path;

/**
 * Which container has which name: a directory of links whose text is the container's id. A link can be made by one
 * process only, so no two containers ever have the same name, and a link to a container that is gone is worth nothing.
 */
final class NameTable {
    private static final HostKernel KERNEL = HostKernel.INSTANCE;
    private static final int AT_FDCWD = -100;

    private final Path names;
    private final Path containers;
    private final Path live;

    /**
     * @param names the links
     * @param containers where containers are
     * @param live where claims are
     */
    NameTable(Path names, Path containers, Path live) {
        this.names = names;
        this.containers = containers;
        this.live = live;
    }

    /**
     * Gives a container its name.
     *
     * @throws UserException if another has it
     */
    void take(ContainerRecord record) {
        if (!tryTake(record)) {
            throw new UserException("the container name '" + record.name() + "' is in use by "
                    + Names.shortId(owner(record.name())) + "; remove that container or choose another name");
        }
    }

    /** {@return whether a container has its name now; not when another has it} */
    boolean tryTake(ContainerRecord record) {
        try (Memory memory = KERNEL.lend()) {
            long target = memory.string(record.id());
            long path = memory.string(names.resolve(record.name()).toString());
            long made = KERNEL.call(Nr.SYMLINKAT, target, AT_FDCWD, path);
            if (made == -Errno.EEXIST && owner(record.name()).isEmpty()) {
                KERNEL.call(Nr.UNLINKAT, AT_FDCWD, path, 0);
                made = KERNEL.call(Nr.SYMLINKAT, target, AT_FDCWD, path);
            }
            if (made == -Errno.EEXIST) {
                return false;
            }
            Errno.check("symlinkat", "make the name " + record.name(), made);
            return true;
        }
    }

    /** {@return the id behind a name; empty when there is none or its container is gone} */
    String owner(String name) {
        try (Memory memory = KERNEL.lend()) {
            long buffer = memory.allocate(256);
            long path = memory.string(names.resolve(name).toString());
            long n = KERNEL.call(Nr.READLINKAT, AT_FDCWD, path, buffer, 256);
            String id = n > 0 ? memory.text(buffer, (int) n) : "";
            // A container in the making has a claim before it has a directory.
            boolean there = !id.isEmpty()
                    && (SmallFile.exists(containers.resolve(id).toString())
                            || SmallFile.exists(live.resolve(id).toString()));
            return there ? id : "";
        }
    }

    /** Takes a container's name back, if it is its own. */
    void forget(ContainerRecord record) {
        if (owner(record.name()).equals(record.id())) {
            try (Memory memory = KERNEL.lend()) {
                long path = memory.string(names.resolve(record.name()).toString());
                KERNEL.call(Nr.UNLINKAT, AT_FDCWD, path, 0);
            }
        }
    }
}
