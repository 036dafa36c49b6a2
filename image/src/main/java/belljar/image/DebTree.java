package belljar.image;

import belljar.failure.UserException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A root filesystem under construction, in memory: paths are names in a sorted map, so that no link in a package can
 * lead anywhere but inside. Its {@code /usr} is merged (Debian policy 10.1; the links are the tree's own), and the
 * order of its paths depends on nothing but the paths. Not safe for use by several threads.
 *
 * <p>Paths are relative to the root without a leading slash ({@code usr/bin/env}); the root itself is not in the map.
 */
final class DebTree {
    private static final Set<String> MERGED = Set.of("bin", "sbin", "lib", "lib32", "lib64", "libo32", "libx32");
    private static final int MAXIMUM_LINKS = 40;
    private static final int MAXIMUM_PATH = 4095;
    private static final int MAXIMUM_NAME = 255;

    private final TreeMap<String, DebNode> nodes = new TreeMap<>();
    private final Map<String, DebControl> owners = new HashMap<>();

    /** Creates a tree with the directories and links that every Debian system has. */
    DebTree() {
        for (String each : new String[] {"bin", "lib", "lib64", "sbin"}) {
            nodes.put(each, new DebNode.Link(DebNode.Meta.root(0777), "usr/" + each));
            directory("usr/" + each, 0755);
        }
        for (String each :
                new String[] {"dev", "etc", "home", "mnt", "opt", "run", "srv", "usr", "var/lib", "var/log"}) {
            directory(each, 0755);
        }
        directory("proc", 0555);
        directory("sys", 0555);
        directory("root", 0700);
        directory("tmp", 01777);
        directory("var/tmp", 01777);
        directory("run/lock", 01777);
        link("var/run", "/run");
        link("var/lock", "/run/lock");
    }

    /** {@return everything in the tree by path, parents before what they hold; unmodifiable} */
    SortedMap<String, DebNode> nodes() {
        return Collections.unmodifiableSortedMap(nodes);
    }

    /**
     * {@return what stands at a path, links in its parents followed but not one at its end; null where nothing does}
     *
     * @param path the path
     */
    @Nullable DebNode at(String path) {
        try {
            String place = place(parts(path), false);
            return place.isEmpty() ? null : nodes.get(place);
        } catch (IOException nowhere) {
            return null;
        }
    }

    /**
     * {@return where a path leads with all links followed, or the empty string where it leads to nothing}
     *
     * @param path the path
     */
    String resolve(String path) {
        try {
            String place = place(parts(path), true);
            return nodes.containsKey(place) ? place : "";
        } catch (IOException nowhere) {
            return "";
        }
    }

    /**
     * {@return the names in a directory, sorted; none where it is not a directory}
     *
     * @param path the directory
     */
    List<String> list(String path) {
        String directory = resolve(path);
        List<String> names = new ArrayList<>();
        if (nodes.get(directory) instanceof DebNode.Directory) {
            // '0' follows '/' in the order of characters: the view ends where the directory's content does.
            for (String each : nodes.subMap(directory + "/", directory + "0").keySet()) {
                if (each.indexOf('/', directory.length() + 1) < 0) {
                    names.add(each.substring(directory.length() + 1));
                }
            }
        }
        return names;
    }

    /**
     * {@return the paths in {@code /usr/bin} and {@code /usr/sbin} that a package ships, sorted}
     *
     * @param name the package
     */
    List<String> programs(String name) {
        List<String> programs = new ArrayList<>();
        for (Map.Entry<String, DebNode> each : nodes.entrySet()) {
            DebControl owner = owners.get(each.getKey());
            if (owner != null
                    && owner.name().equals(name)
                    && !(each.getValue() instanceof DebNode.Directory)
                    && (each.getKey().startsWith("usr/bin/") || each.getKey().startsWith("usr/sbin/"))) {
                programs.add(each.getKey());
            }
        }
        return programs;
    }

    /**
     * Makes a directory of root's with what leads to it; an existing one stays as it is.
     *
     * @param path the path
     * @param mode its permissions
     */
    void directory(String path, int mode) {
        own(path, new DebNode.Directory(DebNode.Meta.root(mode)));
    }

    /**
     * Puts a file of root's, readable by all, unless there is something.
     *
     * @param path the path
     * @param text its content
     */
    void file(String path, String text) {
        own(path, new DebNode.Regular(DebNode.Meta.root(0644), DebContent.of(text)));
    }

    /**
     * Puts a symbolic link unless there is something.
     *
     * @param path the path
     * @param target where it points
     */
    void link(String path, String target) {
        own(path, new DebNode.Link(DebNode.Meta.root(0777), target));
    }

    /**
     * Puts a node of ours unless something is there.
     *
     * @param path the path
     * @param node what to put
     */
    void own(String path, DebNode node) {
        try {
            String place = place(parts(path), false);
            if (parents(place) && !nodes.containsKey(place)) {
                nodes.put(place, node);
            }
        } catch (IOException obstructed) {
            // A package put something else where our file would go: what the package says stands.
        }
    }

    /**
     * Puts a node in the place of what is there.
     *
     * @param path the path of something that exists
     * @param node what to put
     */
    void replace(String path, DebNode node) {
        String place = resolve(path);
        if (!place.isEmpty()) {
            nodes.put(place, node);
        }
    }

    /**
     * Adds what a package ships, as dpkg would: a directory may be shared, a file may not, unless one package says that
     * it replaces the other or both ship the same.
     *
     * @param owner the package
     * @param name the entry's name as it stands in the package
     * @param node the entry
     * @throws IOException if the name leads out of the tree or through something that is no directory
     * @throws UserException if two packages ship different files at one path
     */
    void add(DebControl owner, String name, DebNode node) throws IOException {
        List<String> parts = rawParts(name);
        if (parts.isEmpty() || parts.size() == 1 && MERGED.contains(parts.get(0)) && node instanceof DebNode.Link) {
            return;
        }
        if (MERGED.contains(parts.getFirst())) {
            nodes.putIfAbsent(parts.getFirst(), new DebNode.Link(DebNode.Meta.root(0777), "usr/" + parts.getFirst()));
        }
        String place = place(merged(parts), false);
        if (node instanceof DebNode.Link link && leadsTo(place, link.target())) {
            // A link from /bin/x to /usr/bin/x would point to itself in a merged /usr.
            return;
        }
        if (!parents(place)) {
            throw new IOException("'" + name + "' lies under something that is not a directory");
        }
        DebNode present = nodes.get(place);
        if (present == null || wins(owner, place, present, node)) {
            nodes.put(place, node);
            owners.put(place, owner);
        }
    }

    private boolean wins(DebControl owner, String place, DebNode present, DebNode added) throws IOException {
        DebControl other = owners.get(place);
        if (present instanceof DebNode.Directory && added instanceof DebNode.Directory) {
            // Ours are a guess at what a package says, save where we know better: a /tmp without its sticky bit is
            // unsafe.
            return other == null && present.meta().mode() == 0755;
        }
        boolean presentLeads =
                present instanceof DebNode.Directory || nodes.get(resolve(place)) instanceof DebNode.Directory;
        if (presentLeads && !(added instanceof DebNode.Regular)) {
            // dpkg keeps a directory where a link comes, and a link to a directory where a directory comes.
            return false;
        }
        if (other == null || other.name().equals(owner.name())) {
            return !(present instanceof DebNode.Directory);
        }
        if (same(present, added) || other.replaces().contains(owner.name())) {
            return false;
        }
        if (!owner.replaces().contains(other.name()) || present instanceof DebNode.Directory) {
            throw new UserException("packages '" + other.name() + "' and '" + owner.name() + "' both ship '/" + place
                    + "', so they cannot be in one image; leave one of them out");
        }
        return true;
    }

    private static boolean same(DebNode a, DebNode b) throws IOException {
        if (a instanceof DebNode.Link left && b instanceof DebNode.Link right) {
            return left.target().equals(right.target());
        }
        return a instanceof DebNode.Regular left
                && b instanceof DebNode.Regular right
                && left.meta().mode() == right.meta().mode()
                && DebContent.same(left.content(), right.content());
    }

    /** Makes the missing parents of a place; false if one of them is no directory. */
    private boolean parents(String place) {
        for (int slash = place.indexOf('/'); slash >= 0; slash = place.indexOf('/', slash + 1)) {
            String parent = place.substring(0, slash);
            DebNode node = nodes.get(parent);
            if (node == null) {
                nodes.put(parent, new DebNode.Directory(DebNode.Meta.root(0755)));
            } else if (!(node instanceof DebNode.Directory)) {
                return false;
            }
        }
        return true;
    }

    private boolean leadsTo(String place, String target) {
        try {
            return place(targetParts(place, target), false).equals(place);
        } catch (IOException elsewhere) {
            return false;
        }
    }

    /** Follows links in the tree until only names are left that are no links or do not exist. */
    private String place(List<String> parts, boolean last) throws IOException {
        Deque<String> rest = new ArrayDeque<>(parts);
        String done = "";
        int links = 0;
        while (!rest.isEmpty()) {
            String part = rest.removeFirst();
            if (part.equals("..")) {
                done = done.substring(0, Math.max(0, done.lastIndexOf('/')));
                continue;
            }
            String here = done.isEmpty() ? part : done + "/" + part;
            if ((last || !rest.isEmpty()) && nodes.get(here) instanceof DebNode.Link link) {
                if (++links > MAXIMUM_LINKS) {
                    throw new IOException("'" + String.join("/", parts) + "' leads through a circle of links");
                }
                List<String> target = new ArrayList<>(split(link.target()));
                for (int i = target.size() - 1; i >= 0; i--) {
                    rest.addFirst(target.get(i));
                }
                done = link.target().startsWith("/") ? "" : done;
            } else {
                done = here;
            }
        }
        return done;
    }

    private static List<String> targetParts(String place, String target) {
        List<String> parts = new ArrayList<>();
        if (!target.startsWith("/")) {
            parts.addAll(split(place));
            parts.removeLast();
        }
        parts.addAll(split(target));
        return parts;
    }

    private static List<String> parts(String path) throws IOException {
        return merged(rawParts(path));
    }

    private static List<String> merged(List<String> parts) {
        if (!parts.isEmpty() && MERGED.contains(parts.getFirst())) {
            List<String> merged = new ArrayList<>();
            merged.add("usr");
            merged.addAll(parts);
            return merged;
        }
        return parts;
    }

    private static List<String> rawParts(String name) throws IOException {
        if (name.length() > MAXIMUM_PATH || name.indexOf('\0') >= 0) {
            throw new IOException("an entry's name is too long or holds a zero byte");
        }
        List<String> parts = split(name);
        for (String part : parts) {
            if (part.equals("..")) {
                throw new IOException("'" + name + "' leads out of the package");
            }
            if (part.length() > MAXIMUM_NAME) {
                throw new IOException("an entry's name has a part of more than " + MAXIMUM_NAME + " characters");
            }
        }
        return parts;
    }

    private static List<String> split(String path) {
        List<String> parts = new ArrayList<>();
        int start = 0;
        while (start <= path.length()) {
            int slash = path.indexOf('/', start);
            int end = slash < 0 ? path.length() : slash;
            String part = path.substring(start, end);
            if (!part.isEmpty() && !part.equals(".")) {
                parts.add(part);
            }
            start = end + 1;
        }
        return parts;
    }
}
