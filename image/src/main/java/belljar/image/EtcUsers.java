package belljar.image;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The users and groups of an image: Debian's fixed ones (users-and-groups.txt of base-passwd) and those that packages
 * declare. Numbers that are free to choose are given in the order of names, so that the same packages give the same
 * files. There is no shadow file and no password: nobody logs in to an image. Not safe for use by several threads.
 */
final class EtcUsers {
    /** The shell of a user that is not a person. */
    static final String NO_LOGIN = "/usr/sbin/nologin";

    /** The id that stands for "any free one". */
    static final int ANY = -1;

    // The range that Debian gives out to packages at installation (policy 9.2.2).
    private static final int FIRST_FREE = 100;
    private static final int LAST_FREE = 999;
    private static final long MAXIMUM_ID = 4_294_967_294L;

    private static final String BASE_GROUPS =
            "root:0 daemon:1 bin:2 sys:3 adm:4 tty:5 disk:6 lp:7 mail:8 news:9 uucp:10"
                    + " man:12 proxy:13 kmem:15 dialout:20 fax:21 voice:22 cdrom:24 floppy:25 tape:26 sudo:27 audio:29 dip:30"
                    + " www-data:33 backup:34 operator:37 list:38 irc:39 src:40 shadow:42 utmp:43 video:44 sasl:45 plugdev:46"
                    + " staff:50 games:60 users:100 nogroup:65534";

    private static final String[][] BASE_USERS = {
        {"root", "0", "root", "/root", "/bin/bash"},
        {"daemon", "1", "daemon", "/usr/sbin", NO_LOGIN},
        {"bin", "2", "bin", "/bin", NO_LOGIN},
        {"sys", "3", "sys", "/dev", NO_LOGIN},
        {"sync", "4", "nogroup", "/bin", "/bin/sync"},
        {"games", "5", "games", "/usr/games", NO_LOGIN},
        {"man", "6", "man", "/var/cache/man", NO_LOGIN},
        {"lp", "7", "lp", "/var/spool/lpd", NO_LOGIN},
        {"mail", "8", "mail", "/var/mail", NO_LOGIN},
        {"news", "9", "news", "/var/spool/news", NO_LOGIN},
        {"uucp", "10", "uucp", "/var/spool/uucp", NO_LOGIN},
        {"proxy", "13", "proxy", "/bin", NO_LOGIN},
        {"www-data", "33", "www-data", "/var/www", NO_LOGIN},
        {"backup", "34", "backup", "/var/backups", NO_LOGIN},
        {"list", "38", "list", "/var/list", NO_LOGIN},
        {"irc", "39", "irc", "/run/ircd", NO_LOGIN},
        {"nobody", "65534", "nogroup", "/nonexistent", NO_LOGIN},
    };

    private record User(String name, int uid, String group, String gecos, String home, String shell) {}

    private final Map<String, User> users = new TreeMap<>();
    private final Map<String, Integer> groups = new TreeMap<>();
    private final Map<String, Set<String>> members = new TreeMap<>();

    /** Creates Debian's base users and groups, with a shell for root. */
    EtcUsers(String rootShell) {
        for (String each : BASE_GROUPS.split(" ", -1)) {
            int colon = each.indexOf(':');
            groups.put(each.substring(0, colon), Integer.valueOf(each.substring(colon + 1)));
        }
        for (String[] each : BASE_USERS) {
            String shell = each[0].equals("root") ? rootShell : each[4];
            // The fifth field is the comment; Debian repeats the name in it.
            users.put(each[0], new User(each[0], Integer.parseInt(each[1]), each[2], each[0], each[3], shell));
        }
    }

    /** {@return the id that a word means: a decimal number in the kernel's range, or {@link #ANY} for anything else} */
    static int idOf(String word) {
        if (word.isEmpty() || word.length() > 10) {
            return ANY;
        }
        long value = 0;
        for (int i = 0; i < word.length(); i++) {
            char c = word.charAt(i);
            if (c < '0' || c > '9') {
                return ANY;
            }
            value = value * 10 + (c - '0');
        }
        return value <= Math.min(MAXIMUM_ID, Integer.MAX_VALUE) ? (int) value : ANY;
    }

    /**
     * Declares a group; a declared one stays as it is.
     *
     * @param name its name; one that cannot stand in /etc/group is passed over
     * @param gid its id, or {@link #ANY}
     */
    void group(String name, int gid) {
        if (sound(name)) {
            groups.merge(name, gid, (old, added) -> old == ANY ? added : old);
        }
    }

    /**
     * Declares a user and, unless another is named, a group of the same name; a declared user stays as it is.
     *
     * @param name the user's name
     * @param uid the id, or {@link #ANY}
     * @param group the primary group's name or number, or the empty string for one of the user's name
     * @param gecos the comment
     * @param home the home directory
     * @param shell the login shell
     */
    void user(String name, int uid, String group, String gecos, String home, String shell) {
        if (!sound(name) || !sound(home) || !sound(shell) || users.containsKey(name)) {
            return;
        }
        String primary = group.isEmpty() ? name : group;
        if (idOf(primary) == ANY) {
            group(primary, group.isEmpty() ? uid : ANY);
        }
        users.put(name, new User(name, uid, primary, sound(gecos) ? gecos : "", home, shell));
    }

    /**
     * Makes a user a member of a group.
     *
     * @param user the user
     * @param group the group, declared by this if it was not
     */
    void member(String user, String group) {
        if (sound(user) && sound(group)) {
            group(group, ANY);
            members.computeIfAbsent(group, any -> new TreeSet<>()).add(user);
        }
    }

    private static boolean sound(String field) {
        if (field.isEmpty()) {
            return false;
        }
        for (int i = 0; i < field.length(); i++) {
            if (field.charAt(i) == ':' || field.charAt(i) < ' ') {
                return false;
            }
        }
        return true;
    }

    /** Users and groups with all numbers chosen. */
    final class Files {
        private final Map<String, Integer> uids = new TreeMap<>();
        private final Map<String, Integer> gids = new TreeMap<>();

        private Files() {
            Set<Integer> taken = new HashSet<>();
            groups.forEach((name, gid) -> keep(gids, taken, name, gid));
            users.forEach((name, user) -> keep(uids, taken, name, user.uid()));
            // A user and its group get one number, hence one set of taken numbers for both.
            for (User user : users.values()) {
                if (user.uid() == ANY) {
                    int gid = gids.getOrDefault(user.group(), ANY);
                    boolean ownGroup = user.group().equals(user.name());
                    int uid = ownGroup && gid != ANY && !uids.containsValue(gid) ? gid : free(taken);
                    uids.put(user.name(), uid);
                    if (ownGroup) {
                        gids.putIfAbsent(user.name(), uid);
                    }
                }
            }
            for (String name : groups.keySet()) {
                if (!gids.containsKey(name)) {
                    gids.put(name, free(taken));
                }
            }
        }

        private static void keep(Map<String, Integer> ids, Set<Integer> taken, String name, int id) {
            if (id != ANY) {
                ids.put(name, id);
                taken.add(id);
            }
        }

        private static int free(Set<Integer> taken) {
            for (int id = FIRST_FREE; id <= LAST_FREE; id++) {
                if (taken.add(id)) {
                    return id;
                }
            }
            // Nine hundred system users in one image: sharing the last number beats failing.
            return LAST_FREE;
        }

        /** {@return the user's id, or null where there is no such user} */
        @Nullable Integer uid(String user) {
            return uids.get(user);
        }

        /** {@return the group's id, or null where there is no such group} */
        @Nullable Integer gid(String group) {
            return gids.get(group);
        }

        /** {@return the content of /etc/passwd (passwd(5)), in the order of ids} */
        String passwd() {
            List<User> sorted = new ArrayList<>(users.values());
            sorted.sort((a, b) -> Integer.compare(id(uids, a.name()), id(uids, b.name())));
            StringBuilder out = new StringBuilder();
            for (User user : sorted) {
                int numeric = idOf(user.group());
                // "*", not "x": an "x" sends the reader to /etc/shadow, which is not there.
                out.append(user.name())
                        .append(":*:")
                        .append(id(uids, user.name()))
                        .append(':')
                        .append(numeric == ANY ? id(gids, user.group()) : numeric)
                        .append(':')
                        .append(user.gecos())
                        .append(':')
                        .append(user.home())
                        .append(':')
                        .append(user.shell())
                        .append('\n');
            }
            return out.toString();
        }

        /** {@return the content of /etc/group (group(5)), in the order of ids} */
        String group() {
            List<String> sorted = new ArrayList<>(groups.keySet());
            sorted.sort((a, b) -> Integer.compare(id(gids, a), id(gids, b)));
            StringBuilder out = new StringBuilder();
            for (String name : sorted) {
                out.append(name)
                        .append(":*:")
                        .append(id(gids, name))
                        .append(':')
                        .append(String.join(",", members.getOrDefault(name, Set.of())))
                        .append('\n');
            }
            return out.toString();
        }

        private static int id(Map<String, Integer> ids, String name) {
            return ids.getOrDefault(name, 65534);
        }
    }

    /** {@return the files' contents for what has been declared so far} */
    Files files() {
        return new Files();
    }
}
