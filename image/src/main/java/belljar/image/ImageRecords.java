package belljar.image;

import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.json.Json;
import belljar.json.JsonException;
import belljar.linux.Fs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The store's book of images: one record a image, and one symbolic link a name that leads to it, so that a run opens
 * one file. A link's rename is the moment a name changes; the layout's {@code index.json} is written from the links
 * afterwards, for other tools to read. Whoever changes something holds the write lock.
 */
final class ImageRecords {
    private final String records;
    private final String names;
    private final String aliases;
    private final String layersDirectory;

    /** @param images the directory of the image layout; nothing is made yet */
    ImageRecords(String images, String layersDirectory) {
        this.records = images + "/records";
        this.names = images + "/names";
        this.aliases = images + "/aliases";
        this.layersDirectory = layersDirectory;
    }

    void makeDirectories() {
        StoreFiles.makeDirectory(Path.of(records));
        StoreFiles.makeDirectory(Path.of(names));
        StoreFiles.makeDirectory(Path.of(aliases));
    }

    private String linkOf(Reference name) {
        String leaf = name.digest().isPresent()
                ? "@" + name.digest().get()
                : ":" + name.tag().orElse("latest");
        return names + "/" + name.registry() + "/" + name.repository() + "/" + leaf;
    }

    private String linkOf(String alias) {
        StringBuilder leaf = new StringBuilder(alias.length() + 16);
        for (int i = 0; i < alias.length(); i++) {
            char c = alias.charAt(i);
            leaf.append(c == '/' ? "%2F" : c == '%' ? "%25" : Character.toString(c));
        }
        if (leaf.toString().getBytes(StandardCharsets.UTF_8).length > 200) {
            return aliases + "/" + Digest.sha256(alias.getBytes(StandardCharsets.UTF_8));
        }
        return aliases + "/=" + leaf;
    }

    Optional<StoredImage> byName(Reference name) {
        return read(linkOf(name));
    }

    Optional<StoredImage> byAlias(String alias) {
        return read(linkOf(alias));
    }

    Optional<StoredImage> byRecord(String recordName) {
        return read(records + "/" + recordName);
    }

    private Optional<StoredImage> read(String path) {
        byte[] content = StoreFiles.read(path);
        if (content == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(StoredImage.of(
                    Json.parse(new String(content, StandardCharsets.UTF_8)).asObject(), layersDirectory));
        } catch (JsonException | UserException e) {
            throw new HostException(
                    "the record " + path + " is damaged: " + e.getMessage() + "; delete it and pull the image again",
                    e);
        }
    }

    /**
     * {@return the image whose id, or manifest's digest, starts with some digits}
     *
     * @throws UserException if several images do
     */
    Optional<StoredImage> byIdPrefix(String hex) {
        String found = "";
        for (String name : recordNames()) {
            int dot = name.indexOf('.');
            if (name.startsWith(hex) || hex.length() == 64 && name.startsWith(hex, dot + 1)) {
                boolean sameId = !found.isEmpty() && found.startsWith(name.substring(0, dot));
                if (!found.isEmpty() && !sameId) {
                    throw new UserException("several images have an id that starts with " + hex + "; give more of it");
                }
                found = found.isEmpty() ? name : found;
            }
        }
        return found.isEmpty() ? Optional.empty() : byRecord(found);
    }

    /** {@return the names of all records, sorted} */
    List<String> recordNames() {
        ArrayList<String> found = new ArrayList<>();
        for (String name : Fs.HOST.names(records)) {
            if (name.endsWith(".json") && name.indexOf('.') == 64) {
                found.add(name);
            }
        }
        Collections.sort(found);
        return found;
    }

    /** A name and the record it leads to. */
    record Link(Reference name, String recordName) {}

    /** {@return all names, sorted; links that lead nowhere are left out} */
    List<Link> links() {
        ArrayList<Link> links = new ArrayList<>();
        for (Path registry : children(Path.of(names))) {
            collect(registry, registry.getFileName().toString(), "", links);
        }
        links.sort((a, b) -> a.name().toString().compareTo(b.name().toString()));
        return links;
    }

    private void collect(Path directory, String registry, String repository, List<Link> links) {
        for (Path child : children(directory)) {
            String leaf = child.getFileName().toString();
            if (leaf.startsWith(":") || leaf.startsWith("@")) {
                Optional<String> record = target(child);
                if (record.isPresent() && StoreFiles.exists(child.toString())) {
                    links.add(new Link(Reference.parse(registry + "/" + repository + leaf), record.get()));
                }
            } else if (Files.isDirectory(child, LinkOption.NOFOLLOW_LINKS)) {
                collect(child, registry, repository.isEmpty() ? leaf : repository + "/" + leaf, links);
            }
        }
    }

    private static Optional<String> target(Path link) {
        try {
            Path leaf = Files.readSymbolicLink(link).getFileName();
            return leaf == null ? Optional.empty() : Optional.of(leaf.toString());
        } catch (IOException notALink) {
            return Optional.empty();
        }
    }

    private static List<Path> children(Path directory) {
        ArrayList<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
            for (Path path : stream) {
                found.add(path);
            }
        } catch (NoSuchFileException | NotDirectoryException gone) {
            return List.of();
        } catch (IOException e) {
            throw StoreFiles.failure("list " + directory, e);
        }
        return found;
    }

    /** Writes an image's record; the caller holds the write lock. */
    void write(StoredImage image) {
        StoreFiles.replace(Path.of(records, image.recordName()), Documents.write(image.toJson()));
    }

    /** Lets a name lead to an image; the caller holds the write lock. */
    void link(Reference name, StoredImage image) {
        Path link = Path.of(linkOf(name));
        StoreFiles.makeDirectory(StoreFiles.parent(link));
        StringBuilder up = new StringBuilder("../../../");
        for (int i = 0; i < name.repository().length(); i++) {
            up.append(name.repository().charAt(i) == '/' ? "../" : "");
        }
        StoreFiles.link(link, Path.of(up + "records/" + image.recordName()));
    }

    void link(String alias, StoredImage image) {
        StoreFiles.link(Path.of(linkOf(alias)), Path.of("../records/" + image.recordName()));
    }

    /** Forgets a name, and directories that held nothing else; the caller holds the write lock. */
    void unlink(Reference name) {
        Path link = Path.of(linkOf(name));
        StoreFiles.deleteTree(link);
        Path directory = link.getParent();
        Path top = Path.of(names);
        while (directory != null
                && !directory.equals(top)
                && children(directory).isEmpty()) {
            StoreFiles.deleteQuietly(directory);
            directory = directory.getParent();
        }
    }

    /** {@return whether something that an image was made from leads to it} */
    boolean hasAlias(String recordName) {
        for (Path alias : children(Path.of(aliases))) {
            if (target(alias).filter(recordName::equals).isPresent()) {
                return true;
            }
        }
        return false;
    }

    /**
     * {@return the {@code apt:} texts that lead to images, by record; the first of several, none too long for a name}
     */
    Map<String, String> packagesByRecord() {
        HashMap<String, String> found = new HashMap<>();
        for (Path alias : children(Path.of(aliases))) {
            String leaf = StoreFiles.leaf(alias);
            Optional<String> record = target(alias);
            if (leaf.startsWith("=" + AptRequest.PREFIX) && record.isPresent()) {
                String text = leaf.substring(1).replace("%2F", "/").replace("%25", "%");
                found.merge(record.get(), text, (a, b) -> a.compareTo(b) <= 0 ? a : b);
            }
        }
        return found;
    }

    /** Deletes what a dead process left under temporary names; the caller holds the write lock. */
    void sweepTemporaries() {
        sweepTemporaries(Path.of(records));
        sweepTemporaries(Path.of(aliases));
        sweepTemporaries(Path.of(names));
    }

    private static void sweepTemporaries(Path directory) {
        for (Path child : children(directory)) {
            if (Files.isDirectory(child, LinkOption.NOFOLLOW_LINKS)) {
                sweepTemporaries(child);
            } else if (StoreFiles.leaf(child).startsWith(StoreFiles.TEMPORARY)) {
                StoreFiles.deleteQuietly(child);
            }
        }
    }

    /** Forgets an image and all aliases that led to it; its names must be gone; the caller holds the write lock. */
    void delete(String recordName) {
        StoreFiles.deleteTree(Path.of(records, recordName));
        for (Path alias : children(Path.of(aliases))) {
            if (target(alias).filter(recordName::equals).isPresent()) {
                StoreFiles.deleteTree(alias);
            }
        }
    }
}
