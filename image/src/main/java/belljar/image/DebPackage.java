package belljar.image;

import belljar.failure.UserException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A binary package (deb(5)): an ar archive of {@code debian-binary}, {@code control.tar.*} and {@code data.tar.*}, in
 * this order. Its scripts are never looked at.
 *
 * @param control what the package says about itself
 * @param entries what it ships, in its own order; unmodifiable
 */
record DebPackage(DebControl control, List<Entry> entries) {
    private static final int MAXIMUM_CONTROL = 1 << 20;
    private static final Set<String> COMPRESSIONS = Set.of("", ".gz", ".xz", ".zst");

    /**
     * One thing that a package ships.
     *
     * @param name its name as it stands in the package, not to be trusted
     * @param node what it is
     */
    record Entry(String name, DebNode node) {}

    /**
     * Reads a package.
     *
     * @param file the package
     * @param spool where its files' content goes
     * @param filter which of its files are taken
     * @return the package
     * @throws IOException if it is damaged, holds what it may not, or cannot be read
     */
    static DebPackage read(Path file, DebSpool spool, DebFilter filter) throws IOException {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
            ArReader ar = new ArReader(in);
            format(ar);
            return new DebPackage(control(ar), List.copyOf(data(ar, spool, filter)));
        } catch (UserException e) {
            // What the tar and compression readers say of damage; whose the damage is, only the caller knows.
            throw new IOException(e.getMessage(), e);
        }
    }

    private static void format(ArReader ar) throws IOException {
        ArReader.Member first = ar.next();
        if (first == null || !first.name().equals("debian-binary") || first.size() > 64) {
            throw new IOException("it is no Debian package: its first member is not debian-binary");
        }
        String version = new String(ar.content().readAllBytes(), StandardCharsets.US_ASCII);
        if (!version.startsWith("2.")) {
            throw new IOException("it has the package format '" + version.strip() + "', and only 2.x is known");
        }
    }

    private static DebControl control(ArReader ar) throws IOException {
        TarReader tar = TarReader.of(member(ar, "control.tar"));
        for (Optional<TarEntry> entry = tar.next(); entry.isPresent(); entry = tar.next()) {
            String name = entry.get().name();
            if (name.equals("./control") || name.equals("control")) {
                byte[] text = tar.content().readNBytes(MAXIMUM_CONTROL);
                return DebControl.parse(new String(text, StandardCharsets.UTF_8));
            }
        }
        throw new IOException("it has no control file");
    }

    private static List<Entry> data(ArReader ar, DebSpool spool, DebFilter filter) throws IOException {
        Map<String, DebNode.Regular> files = new HashMap<>();
        List<Entry> entries = new ArrayList<>();
        TarReader tar = TarReader.of(member(ar, "data.tar"));
        for (Optional<TarEntry> next = tar.next(); next.isPresent(); next = tar.next()) {
            TarEntry entry = next.get();
            DebNode node = node(entry, tar, spool, files);
            if (node instanceof DebNode.Regular regular) {
                files.put(entry.name(), regular);
            }
            if (filter.takes(entry.name(), node)) {
                entries.add(new Entry(entry.name(), node));
            }
        }
        return entries;
    }

    private static DebNode node(TarEntry entry, TarReader tar, DebSpool spool, Map<String, DebNode.Regular> files)
            throws IOException {
        DebNode.Meta meta = new DebNode.Meta(entry.mode(), entry.uid(), entry.gid(), entry.mtimeSeconds());
        return switch (entry.type()) {
            case DIRECTORY -> new DebNode.Directory(meta);
            case SYMLINK -> new DebNode.Link(meta, entry.linkName());
            case HARD_LINK -> linked(entry, files);
            case FILE -> {
                // A few bytes could claim a disk's worth of holes; dpkg-deb does not make such packages.
                if (!entry.extents().isEmpty()) {
                    throw new IOException("'" + entry.name() + "' is a sparse file, which no file of a package is");
                }
                yield new DebNode.Regular(meta, spool.add(tar.content()));
            }
            case CHAR_DEVICE, BLOCK_DEVICE, FIFO ->
                throw new IOException("'" + entry.name() + "' is a device or FIFO, which no file of a package is");
        };
    }

    private static DebNode linked(TarEntry entry, Map<String, DebNode.Regular> files) throws IOException {
        DebNode.Regular target = files.get(entry.linkName());
        if (target == null) {
            throw new IOException("'" + entry.name() + "' is a hard link to '" + entry.linkName()
                    + "', which is no earlier file of the package");
        }
        return target;
    }

    /** Finds a member by its name without the compression's suffix, and decompresses it. */
    private static InputStream member(ArReader ar, String name) throws IOException {
        ArReader.Member member = ar.next();
        // deb(5): members whose names start with an underscore are to be passed over.
        while (member != null && member.name().startsWith("_")) {
            member = ar.next();
        }
        if (member == null || !member.name().startsWith(name)) {
            throw new IOException("it has " + (member == null ? "nothing" : "'" + member.name() + "'") + " where "
                    + name + " belongs");
        }
        String suffix = member.name().substring(name.length());
        if (!COMPRESSIONS.contains(suffix)) {
            throw new IOException("its member '" + member.name() + "' is compressed in an unknown way");
        }
        return Decompression.open(ar.content());
    }
}
