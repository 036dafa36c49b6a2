package belljar.engine;

import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.image.ImageConfig;
import belljar.image.Images;
import belljar.image.TarEntry;
import belljar.image.TarReader;
import belljar.image.TarType;
import belljar.image.TarWriter;
import belljar.linux.At;
import belljar.linux.HostKernel;
import belljar.linux.Nr;
import belljar.linux.OpenFlags;
import belljar.linux.Stat;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One copy between containers, the host and archives, by the rules of {@code docker cp} for paths. */
final class ContainerCopy implements AutoCloseable {
    private final Book book;
    private final Images images;
    private final boolean archive;
    private final boolean overwrite;
    private final Map<String, ContainerTree> trees = new HashMap<>();

    ContainerCopy(Book book, Images images, boolean archive, boolean overwrite) {
        this.book = book;
        this.images = images;
        this.archive = archive;
        this.overwrite = overwrite;
    }

    void copy(CopyEnd from, CopyEnd to) {
        if (from instanceof CopyEnd.FromArchive source) {
            try (CopyPlace place = place(to)) {
                unpack(TarReader.of(source.in()), place, looks(to, place));
            }
        } else if (to instanceof CopyEnd.ToArchive target) {
            try (CopyPlace place = place(from)) {
                pack(place, TarWriter.to(target.out()));
            }
        } else {
            try (CopyPlace source = place(from);
                    CopyPlace target = place(to)) {
                transfer(source, target, looks(to, target));
            }
        }
    }

    private CopyPlace place(CopyEnd end) {
        return switch (end) {
            case CopyEnd.OnHost host -> CopyPlace.onHost(host.path());
            case CopyEnd.InContainer inside -> {
                ContainerRecord record = book.find(inside.nameOrId());
                // One tree for each container: a stopped one's can be mounted once at a time.
                ContainerTree tree = trees.get(record.id());
                if (tree == null) {
                    tree = ContainerTree.open(book, images, record, true);
                    trees.put(record.id(), tree);
                }
                yield CopyPlace.inTree(tree, inside.nameOrId(), inside.path(), workdir(record));
            }
            case CopyEnd.FromArchive in -> throw new UserException("an archive can be copied into a container only");
            case CopyEnd.ToArchive out -> throw new UserException("an archive can be written from a container only");
        };
    }

    private Optional<ImageConfig> config(ContainerRecord record) {
        return record.imageId().isEmpty()
                ? Optional.empty()
                : Optional.of(ContainerTree.image(images, record).config());
    }

    /** {@return what the container's process was asked to be; nothing special for one that was made long ago} */
    private ProcessRequest process(ContainerRecord record) {
        return RequestFile.exists(book.directory(record.id()))
                ? RequestFile.load(book.directory(record.id())).process()
                : ProcessRequest.DEFAULT;
    }

    private String workdir(ContainerRecord record) {
        String asked = process(record).workdir();
        return asked.isEmpty()
                ? "/" + config(record).map(ImageConfig::workingDir).orElse("")
                : asked;
    }

    private TreeMaker.Looks looks(CopyEnd to, CopyPlace place) {
        if (place.isHost()) {
            int uid = (int) HostKernel.INSTANCE.call(Nr.GETEUID);
            int gid = (int) HostKernel.INSTANCE.call(Nr.GETEGID);
            return new TreeMaker.Looks(TreeOwners.SAME, uid, gid, true);
        }
        if (!archive || !(to instanceof CopyEnd.InContainer inside)) {
            return new TreeMaker.Looks(place.owners(), -1, -1, false);
        }
        ContainerRecord record = book.find(inside.nameOrId());
        String asked = process(record).user();
        String user = asked.isEmpty() ? config(record).map(ImageConfig::user).orElse("") : asked;
        try (RootView view = new RootView(layers(record), IdMapping.rootless())) {
            Users.User owner = Users.of(view).resolve(user, List.of());
            return new TreeMaker.Looks(place.owners(), owner.uid(), owner.gid(), false);
        }
    }

    private List<String> layers(ContainerRecord record) {
        List<String> layers = new ArrayList<>(ContainerTree.layers(images, record));
        String upper = book.directory(record.id()).resolve("upper").toString();
        if (SmallFile.exists(upper)) {
            layers.add(0, upper);
        }
        return layers;
    }

    private void transfer(CopyPlace source, CopyPlace target, TreeMaker.Looks looks) {
        boolean directory = source.stat().isDirectory();
        if (!directory && source.meansDirectory()) {
            throw new UserException(source.shown() + " is not a directory; leave the slash at its end out");
        }
        int there = target.find();
        @Nullable Stat found = there < 0 ? null : target.stat();
        if (found != null && found.isDirectory()) {
            String name = directory && source.meansContent() ? "" : source.baseName();
            make(source, target, there, name, looks);
        } else if (found == null) {
            if (target.meansDirectory() && !directory) {
                throw new UserException("the directory " + target.shown() + " does not exist; make it first");
            }
            make(source, target, target.parent(), target.baseName(), looks);
        } else if (!directory && found.isRegular()) {
            overwrite(source, target, looks);
        } else if (directory && !overwrite) {
            throw new UserException(source.shown() + " is a directory and " + target.shown()
                    + " is not; add --overwrite to replace it");
        } else {
            make(source, target, target.parent(), target.baseName(), looks);
        }
    }

    private void make(CopyPlace source, CopyPlace target, int base, String name, TreeMaker.Looks looks) {
        TreeMaker maker = new TreeMaker(target.fs(), base, looks, overwrite);
        String forbidden = source.isHost() == target.isHost()
                ? TreeWalk.identity(target.fs().stat(base))
                : "";
        new TreeWalk(source.fs(), source.owners(), maker, forbidden).walk(source.require(), name);
        maker.finish();
    }

    /** A file that exists is written to, so that it may be a mount, and a link to it stays one. */
    private static void overwrite(CopyPlace source, CopyPlace target, TreeMaker.Looks looks) {
        TreeSink sink = (entry, content) -> {
            if (entry.type() != TarType.FILE) {
                throw new UserException(source.shown() + " is no file whose content could be copied over "
                        + target.shown() + "; remove that first");
            }
            String handle = "/proc/self/fd/" + target.require();
            int fd = target.fs().open(At.FDCWD, handle, OpenFlags.WRONLY | OpenFlags.TRUNC, 0);
            try {
                new TreeMaker(target.fs(), -1, looks, false).write(fd, entry, content);
            } finally {
                target.fs().close(fd);
            }
        };
        new TreeWalk(source.fs(), source.owners(), sink, "").walk(source.require(), source.baseName());
    }

    private static void pack(CopyPlace source, TarWriter writer) {
        String name = source.stat().isDirectory() && source.meansContent() ? "" : source.baseName();
        new TreeWalk(source.fs(), source.owners(), sink(writer), "").walk(source.require(), name);
        writer.finish();
    }

    /** {@return what writes all it gets to an archive} */
    static TreeSink sink(TarWriter writer) {
        byte[] buffer = new byte[128 * 1024];
        return (entry, content) -> {
            writer.put(entry);
            for (int n = content.read(buffer, 0, buffer.length); n > 0; n = content.read(buffer, 0, buffer.length)) {
                writer.write(buffer, 0, n);
            }
        };
    }

    private void unpack(TarReader reader, CopyPlace target, TreeMaker.Looks looks) {
        if (!target.stat().isDirectory()) {
            throw new UserException(target.shown() + " is not a directory, which an archive needs; name one");
        }
        TreeMaker maker = new TreeMaker(target.fs(), target.require(), looks, overwrite);
        for (Optional<TarEntry> entry = reader.next(); entry.isPresent(); entry = reader.next()) {
            InputStream content = reader.content();
            maker.put(entry.get(), (into, start, length) -> read(content, into, start, length));
        }
        maker.finish();
    }

    private static int read(InputStream content, byte[] into, int start, int length) {
        try {
            return Math.max(0, content.read(into, start, length));
        } catch (IOException e) {
            throw new HostException("cannot read the archive: " + e.getMessage(), e);
        }
    }

    /** Lets go of the containers' trees. */
    @Override
    public void close() {
        for (ContainerTree tree : trees.values()) {
            tree.close();
        }
    }
}
