package belljar.image;

import belljar.failure.UserException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Picks images out of an image layout's index, wherever the layout lies. */
final class OciSelection {
    private static final int MAX_DEPTH = 4;

    private final String where;
    private final Documents documents;
    private final Platform platform;

    /** Gives the bytes of a small blob of the layout, checked. */
    interface Documents {
        byte[] read(Descriptor blob);
    }

    OciSelection(String where, Documents documents, Platform platform) {
        this.where = where;
        this.documents = documents;
        this.platform = platform;
    }

    /**
     * {@return the index entry meant by a layout's own name for an image, or by {@code @digest}; empty means the only}
     */
    Descriptor entry(Index index, String ref) {
        ArrayList<Descriptor> found = new ArrayList<>();
        StringBuilder names = new StringBuilder();
        for (Descriptor entry : index.manifests()) {
            String name = entry.annotations().getOrDefault(ContentStore.REF_NAME, "");
            if (ref.isEmpty() || name.equals(ref) || ("@" + entry.digest()).equals(ref)) {
                found.add(entry);
            }
            if (!name.isEmpty()) {
                names.append(names.isEmpty() ? "" : ", ").append(name);
            }
        }
        if (found.isEmpty()) {
            String there = names.isEmpty() ? "" : "; it has " + names;
            throw new UserException(
                    ref.isEmpty() ? where + " holds no image" : where + " has no image '" + ref + "'" + there);
        }
        Descriptor first = found.get(0);
        boolean same = true;
        for (Descriptor entry : found) {
            same &= entry.digest().equals(first.digest());
        }
        if (same) {
            return first;
        }
        boolean byPlatform = true;
        for (Descriptor entry : found) {
            byPlatform &= entry.platform().isPresent();
        }
        if (byPlatform && (names.isEmpty() || !ref.isEmpty())) {
            return new Index(index.mediaType(), found, index.annotations()).select(platform, where);
        }
        throw new UserException(where + " holds several images: name one of "
                + (names.isEmpty() ? "their digests, as @sha256:…" : names));
    }

    /** {@return the manifest that an entry leads to, through indexes if need be} */
    Descriptor manifest(Descriptor entry) {
        Descriptor at = entry;
        for (int depth = 0; depth < MAX_DEPTH; depth++) {
            if (!MediaTypes.isIndex(at.mediaType())) {
                return at;
            }
            Index index = Index.parse(documents.read(at), "the index " + at.digest() + " in " + where);
            at = index.select(platform, where);
        }
        throw new UserException(where + " nests indexes deeper than " + MAX_DEPTH + " levels");
    }

    /**
     * {@return the name that an image gets from a layout: its annotation if that is a whole name, else one made of the
     * layout's file name and the annotation, as Podman does it; empty where neither gives a valid one}
     *
     * @param annotation the entry's own name, perhaps empty
     * @param file the last component of the layout's path
     */
    static List<Reference> names(String annotation, String file) {
        Optional<Reference> whole = annotation.contains("/") ? parse(annotation) : Optional.empty();
        if (whole.isEmpty() && annotation.contains(":")) {
            whole = parse(annotation);
        }
        if (whole.isPresent()) {
            return List.of(whole.get());
        }
        String base = file.endsWith(".tar") ? file.substring(0, file.length() - 4) : file;
        String tag = annotation.isEmpty() ? "latest" : annotation;
        Optional<Reference> made = parse("localhost/" + base.toLowerCase(java.util.Locale.ROOT) + ":" + tag);
        return made.isPresent() ? List.of(made.get()) : List.of();
    }

    private static Optional<Reference> parse(String text) {
        try {
            return Optional.of(Reference.parse(text));
        } catch (UserException notAName) {
            return Optional.empty();
        }
    }
}
