package belljar.engine;

import belljar.failure.UserException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Finds users and groups in an image's {@code /etc/passwd} and {@code /etc/group} (passwd(5), group(5)). Lines that are
 * not well formed are passed over, as libc does; an image without these files knows ids only.
 */
final class Users {
    /** More than any image needs, little enough for a hostile one not to matter. */
    private static final int LIMIT = 8 << 20;

    private static final int MAX_FIELDS = 7;
    private static final int MAX_GROUPS = 65536; // NGROUPS_MAX of limits.h

    private final String passwd;
    private final String group;

    /**
     * A user to run as.
     *
     * @param uid the user id
     * @param gid the primary group id
     * @param groups supplementary group ids
     * @param home the home directory; {@code /} where nothing is known
     */
    record User(int uid, int gid, List<Integer> groups, String home) {}

    Users(String passwd, String group) {
        this.passwd = passwd;
        this.group = group;
    }

    /** {@return the users of an image} */
    static Users of(RootView image) {
        return new Users(
                image.read("/etc/passwd", LIMIT).orElse(""),
                image.read("/etc/group", LIMIT).orElse(""));
    }

    String passwd() {
        return passwd;
    }

    String group() {
        return group;
    }

    /** {@return the fields of a user's line, at least the first six, by name or id; empty where there is none} */
    List<String> entry(String nameOrId) {
        return passwdEntry(nameOrId);
    }

    /** {@return whether a name or an id is a user's} */
    boolean knowsUser(String name, int uid) {
        return !passwdEntry(name).isEmpty()
                || !passwdEntry(Integer.toString(uid)).isEmpty();
    }

    /** {@return whether a name or an id is a group's} */
    boolean knowsGroup(String name, int gid) {
        int at = 0;
        while (at < group.length()) {
            int end = lineEnd(group, at);
            List<String> fields = fields(group, at, end);
            if (fields.size() >= 3 && (fields.get(0).equals(name) || id(fields.get(2)) == gid)) {
                return true;
            }
            at = end + 1;
        }
        return false;
    }

    /**
     * {@return the user that a specification means}
     *
     * @param spec {@code name|uid[:group|gid]}; empty for root. A name is looked for before a number is taken as an id
     * @param moreGroups further groups by name or number
     * @throws UserException if a name is unknown or a number is not an id
     */
    User resolve(String spec, List<String> moreGroups) {
        int colon = spec.indexOf(':');
        String who = colon < 0 ? spec : spec.substring(0, colon);
        String groupSpec = colon < 0 ? "" : spec.substring(colon + 1);
        if (who.isEmpty() && colon >= 0 || colon >= 0 && groupSpec.isEmpty()) {
            throw new UserException("user '" + spec + "' is incomplete; write it as user or user:group");
        }
        List<String> entry = passwdEntry(who.isEmpty() ? "0" : who);
        int uid;
        int gid = 0;
        String home = "/";
        if (entry.isEmpty()) {
            uid = who.isEmpty() ? 0 : id(who);
            if (uid < 0) {
                throw new UserException(
                        "the image's /etc/passwd has no user '" + who + "'; name one it has or give a number");
            }
        } else {
            uid = id(entry.get(2));
            gid = id(entry.get(3));
            home = entry.get(5).startsWith("/") && entry.get(5).indexOf('\0') < 0 ? entry.get(5) : "/";
        }
        Set<Integer> groups = new LinkedHashSet<>();
        if (!groupSpec.isEmpty()) {
            gid = groupId(groupSpec);
        } else if (!entry.isEmpty()) {
            addMemberships(entry.get(0), groups);
        }
        for (String more : moreGroups) {
            add(groups, groupId(more));
        }
        return new User(uid, gid, List.copyOf(groups), home);
    }

    /**
     * {@return whether a group is one of those asked for}
     *
     * @param gid the group
     * @param asked groups by name or number
     */
    boolean isAskedFor(int gid, List<String> asked) {
        for (String text : asked) {
            if (groupId(text) == gid) {
                return true;
            }
        }
        return false;
    }

    private int groupId(String text) {
        int at = 0;
        while (at < group.length()) {
            int end = lineEnd(group, at);
            List<String> fields = fields(group, at, end);
            if (fields.size() >= 3 && fields.get(0).equals(text) && id(fields.get(2)) >= 0) {
                return id(fields.get(2));
            }
            at = end + 1;
        }
        int id = id(text);
        if (id < 0) {
            throw new UserException(
                    "the image's /etc/group has no group '" + text + "'; name one it has or give a number");
        }
        return id;
    }

    /** The first entry by name, else the first whose id is the number; a number is an id even where no entry has it. */
    private List<String> passwdEntry(String who) {
        List<String> byId = List.of();
        int number = id(who);
        int at = 0;
        while (at < passwd.length()) {
            int end = lineEnd(passwd, at);
            List<String> fields = fields(passwd, at, end);
            if (fields.size() >= 6 && id(fields.get(2)) >= 0 && id(fields.get(3)) >= 0) {
                if (fields.get(0).equals(who)) {
                    return fields;
                }
                if (number >= 0 && byId.isEmpty() && id(fields.get(2)) == number) {
                    byId = fields;
                }
            }
            at = end + 1;
        }
        return byId;
    }

    private void addMemberships(String name, Set<Integer> groups) {
        int at = 0;
        while (at < group.length()) {
            int end = lineEnd(group, at);
            List<String> fields = fields(group, at, end);
            if (fields.size() >= 4 && id(fields.get(2)) >= 0 && isMember(fields.get(3), name)) {
                add(groups, id(fields.get(2)));
            }
            at = end + 1;
        }
    }

    private static void add(Set<Integer> groups, int gid) {
        if (groups.size() < MAX_GROUPS) {
            groups.add(gid);
        }
    }

    private static boolean isMember(String members, String name) {
        int at = 0;
        while (at <= members.length()) {
            int comma = members.indexOf(',', at);
            int end = comma < 0 ? members.length() : comma;
            if (members.substring(at, end).strip().equals(name)) {
                return true;
            }
            at = end + 1;
        }
        return false;
    }

    private static int lineEnd(String text, int at) {
        int newline = text.indexOf('\n', at);
        return newline < 0 ? text.length() : newline;
    }

    private static List<String> fields(String text, int start, int end) {
        List<String> fields = new ArrayList<>(MAX_FIELDS);
        int at = start;
        while (at <= end && fields.size() < MAX_FIELDS) {
            int colon = text.indexOf(':', at);
            int stop = colon < 0 || colon > end ? end : colon;
            fields.add(text.substring(at, stop));
            at = stop + 1;
        }
        return fields;
    }

    /** {@return the id that a text of digits stands for, 0 to 2147483647; -1 when it does not} */
    private static int id(String text) {
        if (text.isEmpty() || text.length() > 10) {
            return -1;
        }
        long value = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < '0' || c > '9') {
                return -1;
            }
            value = value * 10 + c - '0';
        }
        return value > Integer.MAX_VALUE ? -1 : (int) value;
    }
}
