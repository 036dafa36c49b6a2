package belljar.engine;

import belljar.container.UserNamespace;
import belljar.image.TreeOwner;
import belljar.image.UnpackOptions;
import belljar.linux.Fs;
import belljar.linux.Stub;
import belljar.sandbox.IdMaps;
import java.util.List;

/**
 * An ordinary user who owns layers through a user namespace with the ids of their containers, so that an image's user
 * 100 is the one that a container's user 100 is. With a single id there is nothing that the user could not do directly.
 */
final class NamespaceOwner implements TreeOwner {
    @Override
    public Calls open() {
        IdMaps maps = IdMapping.own();
        return IdMapping.single(maps) ? SELF.open() : new InNamespace(maps);
    }

    @Override
    public UnpackOptions options() {
        return IdMapping.single(IdMapping.own()) ? SELF.options() : UnpackOptions.ROOTLESS;
    }

    @Override
    public String ids() {
        IdMaps maps = IdMapping.own();
        if (IdMapping.single(maps)) {
            return SELF.ids();
        }
        StringBuilder text = new StringBuilder();
        append(text, maps.uids());
        text.append(" /");
        append(text, maps.gids());
        return text.toString();
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
