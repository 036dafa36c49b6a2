package belljar.engine;

import belljar.container.UserNamespace;
import belljar.image.OwnerMap;
import belljar.image.TreeOwner;
import belljar.image.UnpackOptions;
import belljar.linux.At;
import belljar.linux.Batch;
import belljar.linux.Fs;
import belljar.linux.Nr;
import belljar.linux.Stub;
import belljar.sandbox.ContainerSpec;
import belljar.sandbox.IdMaps;
import belljar.sandbox.MountSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * An ordinary user who owns layers through a user namespace with the ids of their containers, so that an image's user
 * 100 is the one that a container's user 100 is. With a single id there is nothing that the user could not do directly.
 */
final class NamespaceOwner implements TreeOwner {
    private final IdMaps nested;

    /**
     * Makes an owner.
     *
     * @param nested the mapping of a namespace inside the user's, for whose containers the files are;
     *     {@link IdMaps#NONE} for the user's own
     */
    NamespaceOwner(IdMaps nested) {
        this.nested = nested;
    }

    @Override
    public Calls open() {
        IdMaps maps = IdMapping.own();
        return IdMapping.single(maps) ? SELF.open() : new InNamespace(maps);
    }

    @Override
    public UnpackOptions options() {
        if (IdMapping.single(IdMapping.own())) {
            return SELF.options();
        }
        return nested.uids().isEmpty()
                ? UnpackOptions.ROOTLESS
                : UnpackOptions.ROOTLESS.withOwners(new OwnerMap(owners(nested.uids()), owners(nested.gids())));
    }

    private static List<OwnerMap.Range> owners(List<IdMaps.Range> ranges) {
        List<OwnerMap.Range> owners = new ArrayList<>(ranges.size());
        for (IdMaps.Range range : ranges) {
            owners.add(new OwnerMap.Range(range.inside(), range.outside(), range.size()));
        }
        return owners;
    }

    @Override
    public String ids() {
        IdMaps maps = IdMapping.own();
        if (IdMapping.single(maps)) {
            return SELF.ids();
        }
        return nested.uids().isEmpty() ? text(maps) : text(maps) + " inside " + text(nested);
    }

    @Override
    public String variant() {
        return nested.uids().isEmpty() || IdMapping.single(IdMapping.own()) ? "" : text(nested);
    }

    private static String text(IdMaps maps) {
        StringBuilder text = new StringBuilder();
        append(text, maps.uids());
        text.append(" /");
        append(text, maps.gids());
        return text.toString();
    }

    /**
     * Gives what was made for a container in a namespace of its own inside the user's to that container's root: the
     * directory that its root directory comes from, and the files that tell it its names.
     *
     * @param spec the container
     */
    static void give(ContainerSpec spec) {
        IdMaps maps = spec.idMaps();
        if (maps.within().isEmpty() || spec.root().upper().isEmpty()) {
            return;
        }
        Path own = Path.of(spec.root().upper()).resolveSibling("files");
        try (Stub stub = start(maps.within().get());
                Batch batch = stub.batch()) {
            give(batch, spec.root().upper(), maps, 0755);
            give(batch, spec.root().work(), maps, 0755);
            for (MountSpec mount : spec.mounts()) {
                if (own.equals(Path.of(mount.source()).getParent())) {
                    give(batch, mount.source(), maps, 0644);
                }
            }
            batch.run();
        }
    }

    private static void give(Batch batch, String path, IdMaps maps, int mode) {
        String what = "give " + path + " to the container";
        int uid = IdMaps.outside(maps.uids(), 0);
        int gid = IdMaps.outside(maps.gids(), 0);
        batch.step(what, Nr.FCHOWNAT, At.FDCWD, batch.string(path), uid, gid, At.SYMLINK_NOFOLLOW);
        batch.step(what, Nr.FCHMODAT, At.FDCWD, batch.string(path), mode);
    }

    private static void append(StringBuilder text, List<IdMaps.Range> ranges) {
        for (int i = 0; i < ranges.size(); i++) {
            IdMaps.Range range = ranges.get(i);
            text.append(text.isEmpty() ? "" : " ")
                    .append(range.inside())
                    .append(':')
                    .append(range.outside())
                    .append(':')
                    .append(range.size());
        }
    }

    /** A stub in the namespace. */
    private static final class InNamespace implements Calls {
        private final Stub stub;
        private final Fs fs;

        InNamespace(IdMaps maps) {
            stub = NamespaceOwner.start(maps);
            fs = new Fs(stub);
        }

        @Override
        public Fs fs() {
            return fs;
        }

        @Override
        public void close() {
            stub.close();
        }
    }

    /** {@return a stub that is root in a user namespace of this user's ids} */
    static Stub start(IdMaps maps) {
        Stub stub = Stub.start(0, -1, -1, -1);
        try {
            UserNamespace.make(stub, maps);
            return stub;
        } catch (RuntimeException e) {
            stub.close();
            throw e;
        }
    }
}
